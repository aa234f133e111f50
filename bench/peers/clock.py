"""How long a step takes."""
import statistics
import time


def median(step, seconds):
    """Microseconds a step: the median over chunks of at least 5 ms, for at least so many seconds, after 20 steps."""
    for _ in range(20):
        step()
    chunk, times, begin = 1, [], time.perf_counter()
    while time.perf_counter() - begin < seconds or len(times) < 5:
        start = time.perf_counter()
        for _ in range(chunk):
            step()
        took = time.perf_counter() - start
        if took < 0.005:
            chunk *= 2
        else:
            times.append(took / chunk * 1e6)
    return statistics.median(times)
