// ReLU's variants, and sigmoid, tanh and softmax for contrast.
#include <iostream>

#include <relume/relume.h>

using namespace relume;

int main() {
  const Tensor x = tensor({-2.0, -1.0, 0.0, 1.0, 2.0});
  std::cout << "relu       " << relu(x) << "\n"
            << "leaky_relu " << leaky_relu(x, 0.01) << "\n"
            << "prelu      " << prelu(x, tensor({0.25})) << "\n"
            << "elu        " << elu(x, 1.0) << "\n"
            << "sigmoid    " << sigmoid(x) << "\n"
            << "tanh       " << tanh(x) << "\n"
            << "softmax    " << softmax(x, 0) << "\n";
}
