"""MNIST with PyTorch: the recipe of `relume train MNIST --hidden 512,256`, from the gzip files to the test accuracy."""
import argparse
import gzip
import json
import math
import pathlib

import numpy as np
import torch
from torch import nn


def read_idx(path, offset):
    return np.frombuffer(gzip.open(path).read(), np.uint8, offset=offset)


def load(folder, part):
    images = read_idx(folder / f"{part}-images-idx3-ubyte.gz", 16).reshape(-1, 784)
    labels = read_idx(folder / f"{part}-labels-idx1-ubyte.gz", 8)
    return torch.from_numpy(images.copy()), torch.from_numpy(labels.astype(np.int64))


def linear(inputs, outputs, gain):
    layer = nn.Linear(inputs, outputs)
    nn.init.normal_(layer.weight, 0, gain / math.sqrt(inputs))
    nn.init.zeros_(layer.bias)
    return layer


def accuracy(model, x, y):
    with torch.no_grad():
        return sum((model(a).argmax(1) == b).sum().item() for a, b in zip(x.split(256), y.split(256))) / len(y)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)

    x, y = load(args.folder, "train")
    x_test, y_test = load(args.folder, "t10k")
    order = torch.randperm(len(y))
    valid, train = order[:10000], order[10000:]
    pixels = x[train].float()
    mean, deviation = pixels.mean(), pixels.std()
    x, x_test = (x.float() - mean) / deviation, (x_test.float() - mean) / deviation
    x_valid, y_valid = x[valid], y[valid]

    model = nn.Sequential(linear(784, 512, math.sqrt(2)), nn.ReLU(), linear(512, 256, math.sqrt(2)), nn.ReLU(),
                          linear(256, 10, 1))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01, fused=True)
    steps = math.ceil(len(train) / args.batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, args.epochs * steps, eta_min=1e-5)
    loss_function = nn.CrossEntropyLoss()
    best, best_state = math.inf, None
    for _ in range(args.epochs):
        model.train()
        for rows in train[torch.randperm(len(train))].split(args.batch):
            optimizer.zero_grad()
            loss_function(model(x[rows]), y[rows]).backward()
            optimizer.step()
            schedule.step()
        model.eval()
        with torch.no_grad():
            loss = sum(loss_function(model(a), b).item() * len(b)
                       for a, b in zip(x_valid.split(256), y_valid.split(256))) / len(y_valid)
        if loss < best:
            best, best_state = loss, {k: v.clone() for k, v in model.state_dict().items()}
    model.load_state_dict(best_state)
    print(json.dumps({"test_accuracy": accuracy(model, x_test, y_test), "torch": torch.__version__}))


main()
