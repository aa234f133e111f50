// A small network with one ReLU, as a module of one's own.
#include <iostream>

#include <relume/relume.h>

using namespace relume;

struct SimpleNN : nn::Module {
  nn::Linear fc1 = named("fc1", 10, 5);
  nn::ReLU relu = named("relu");

  Tensor forward(const Tensor& x) override { return relu(fc1(x)); }
};

int main() {
  manual_seed(1);
  SimpleNN model;
  std::cout << model(randn({1, 10})) << "\n";
}
