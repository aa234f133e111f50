"""Times a training step of JAX, compiled as one function: train_step_jax.py WIDTHS BATCH adam|sgd THREADS [SECONDS]."""
import json
import math
import os
import sys

threads = int(sys.argv[4])
os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:threads]))

import jax  # noqa: E402: it counts the cores when it is imported
import jax.numpy as jnp
import numpy as np

from clock import median


def main():
    widths = [int(width) for width in sys.argv[1].split("-")]
    batch, optimizer = int(sys.argv[2]), sys.argv[3]
    seconds = float(sys.argv[5]) if len(sys.argv) > 5 else 1.0
    rng = np.random.default_rng(1)
    bound = [1 / math.sqrt(inputs) for inputs in widths[:-1]]
    parameters = [(jnp.asarray(rng.uniform(-b, b, (i, o)), jnp.float32), jnp.asarray(rng.uniform(-b, b, o), jnp.float32))
                  for b, i, o in zip(bound, widths, widths[1:])]
    regression = widths[-1] == 1
    x = jnp.asarray(rng.standard_normal((batch, widths[0])), jnp.float32)
    y = jnp.asarray(rng.standard_normal((batch, 1)), jnp.float32) if regression else jnp.arange(batch) % widths[-1]

    def loss_of(parameters, x, y):
        for weight, bias in parameters[:-1]:
            x = jax.nn.relu(x @ weight + bias)
        out = x @ parameters[-1][0] + parameters[-1][1]
        if regression:
            return jnp.mean((out - y) ** 2)
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(out), y[:, None], 1))

    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state = (parameters, zeros, jax.tree.map(jnp.zeros_like, parameters), jnp.zeros((), jnp.int32))

    def step(state, x, y):
        parameters, first, second, count = state
        loss, gradients = jax.value_and_grad(loss_of)(parameters, x, y)
        count = count + 1
        if optimizer == "sgd":
            first = jax.tree.map(lambda m, g: 0.9 * m + g, first, gradients)
            parameters = jax.tree.map(lambda p, m: p - 1e-3 * m, parameters, first)
        else:
            first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradients)
            second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradients)
            a, b = 1 - 0.9**count, 1 - 0.999**count
            parameters = jax.tree.map(lambda p, m, v: p - 1e-3 * (m / a) / (jnp.sqrt(v / b) + 1e-8), parameters, first,
                                      second)
        return (parameters, first, second, count), loss

    compiled = jax.jit(step, donate_argnums=0)

    def run():
        nonlocal state
        state, loss = compiled(state, x, y)
        loss.block_until_ready()

    print(json.dumps({"microseconds": median(run, seconds), "jax": jax.__version__}))


main()
