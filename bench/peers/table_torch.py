"""A classifier of 64, 64 on the arrays of a .npz with PyTorch, one thread: the recipe of `relume train FILE --hidden 64,64`."""
import argparse
import json

import numpy as np
import torch
from torch import nn


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--batch", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(1)
    arrays = np.load(args.file)
    x, y = torch.from_numpy(arrays["x_train"]), torch.from_numpy(arrays["y_train"])
    order = torch.randperm(len(y))
    valid, train = order[:len(y) // 10], order[len(y) // 10:]
    model = nn.Sequential(nn.Linear(x.shape[1], 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)
    loss_function = nn.CrossEntropyLoss()
    for _ in range(args.epochs):
        for rows in train[torch.randperm(len(train))].split(args.batch):
            optimizer.zero_grad()
            loss_function(model(x[rows]), y[rows]).backward()
            optimizer.step()
        with torch.no_grad():
            accuracy = (model(x[valid]).argmax(1) == y[valid]).float().mean().item()
    print(json.dumps({"accuracy": accuracy}))


main()
