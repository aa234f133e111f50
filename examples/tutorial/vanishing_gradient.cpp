// The vanishing gradient: what reaches the first of ten layers, by activation.
#include <iostream>

#include <relume/relume.h>

using namespace relume;

template <class Activation>
nn::Sequential ten_layers() {
  nn::Sequential net;
  for (int i = 0; i < 10; ++i) {
    net.push_back(std::make_shared<nn::Linear>(32, 32));
    nn::init::xavier_normal_(net[net.size() - 1].as_linear()->weight, nn::init::gain(relume::Activation("relu")));
    net.push_back(std::make_shared<Activation>());
  }
  return net;
}

/// The norm of the first layer's weight gradient, as a share of the last layer's.
double share_that_arrives(nn::Sequential net) {
  manual_seed(1);
  mean(net(randn({64, 32}))).backward();
  const auto weight_gradient = [&](std::size_t layer) {
    return norm(net[2 * layer].as_linear()->weight.grad()).item<double>();
  };
  return weight_gradient(0) / weight_gradient(9);
}

int main() {
  manual_seed(0);
  const double of_sigmoid = share_that_arrives(ten_layers<nn::Sigmoid>());
  const double of_relu = share_that_arrives(ten_layers<nn::ReLU>());
  std::cout << "sigmoid: " << of_sigmoid << "\nrelu: " << of_relu << "\n";
  std::cout << (of_sigmoid < 0.01 && of_relu > 0.1 ? "the sigmoids swallow the gradient" : "no difference shown")
            << "\n";
}
