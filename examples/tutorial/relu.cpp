// ReLU on a number, an array and a tensor.
#include <iostream>
#include <vector>

#include <relume/relume.h>

using namespace relume;

int main() {
  std::cout << relu(-5) << " " << relu(3) << "\n";

  std::vector<float> x = {-2, -1, 0, 1, 2};
  relu(x, x);
  for (const float value : x) std::cout << value << " ";
  std::cout << "\n";

  const Tensor t = tensor({-2, -1, 0, 1, 2});
  nn::ReLU module;
  std::cout << module(t) << "\n";
}
