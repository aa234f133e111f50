"""A table with scikit-learn: imputing, scaling, one-hot, an MLP of 64, 64 with early stopping; a fifth held out."""
import argparse
import json

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file")
    parser.add_argument("--target")
    parser.add_argument("--task")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    table = pd.read_csv(args.file) if args.target else pd.read_csv(args.file, header=None)
    y = table.pop(args.target if args.target else table.columns[-1])
    classes = args.task != "regression" and y.nunique() <= 20
    numbers = table.select_dtypes("number").columns
    words = [c for c in table.columns.difference(numbers) if table[c].nunique() <= 20]
    prepare = make_column_transformer((make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), list(numbers)),
                                      (OneHotEncoder(handle_unknown="ignore"), words))
    scale = (0, 1) if classes else (y.mean(), y.std())
    x_train, x_test, y_train, y_test = train_test_split(table, y, test_size=0.2, random_state=args.seed,
                                                        stratify=y if classes else None)
    network = (MLPClassifier if classes else MLPRegressor)(hidden_layer_sizes=(64, 64), early_stopping=True, max_iter=500,
                                                          random_state=args.seed)
    model = make_pipeline(prepare, network)
    model.fit(x_train, y_train if classes else (y_train - scale[0]) / scale[1])
    guess = model.predict(x_test)
    if classes:
        print(json.dumps({"accuracy": float((guess == y_test).mean())}))
    else:
        print(json.dumps({"rmse": float(np.sqrt((((guess * scale[1] + scale[0]) - y_test) ** 2).mean()))}))


main()
