#include <cfenv>
#include <clocale>
#include <csignal>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>
#include <sched.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

#include "relume/base/parallel.h"
#include "relume/nn/activations.h"
#include "relume/nn/linear.h"
#include "relume/nn/loss.h"
#include "relume/nn/sequential.h"
#include "relume/optim/adam.h"
#include "relume/tensor/tensor.h"

namespace relume::training {
namespace {

/// What a library shares with the program that it is in.
struct Process {
  std::set<std::string> environment;
  std::string locale = std::setlocale(LC_ALL, nullptr);
  int rounding = std::fegetround();
  unsigned control = 0;  // denormals, exceptions of vector instructions
  std::vector<struct sigaction> handlers;
  cpu_set_t processors = {};

  Process() {
    for (char** entry = environ; *entry; ++entry) environment.insert(*entry);
#if defined(__x86_64__)
    control = _mm_getcsr() & ~0x3fu;  // without the flags of what happened
#endif
    for (int signal = 1; signal < 32; ++signal) {
      struct sigaction action {};
      sigaction(signal, nullptr, &action);
      handlers.push_back(action);
    }
    sched_getaffinity(0, sizeof processors, &processors);
  }
};

TEST(HostProcess, IsLeftAsItWasFound) {
  ::unsetenv("OMP_PROC_BIND");
  const Process before;
  set_num_threads(2);
  nn::Sequential net{nn::Linear(32, 64), nn::ReLU(), nn::Linear(64, 4)};
  optim::Adam adam(net.parameters());
  for (int step = 0; step < 3; ++step) {
    adam.zero_grad();
    nn::mse_loss(net(randn({256, 32})), zeros({256, 4})).backward();
    adam.step();
  }
  const Process after;
  EXPECT_EQ(after.environment, before.environment);
  EXPECT_EQ(after.locale, before.locale);
  EXPECT_EQ(after.rounding, before.rounding);
  EXPECT_EQ(after.control, before.control);
  EXPECT_TRUE(CPU_EQUAL(&after.processors, &before.processors));
  for (std::size_t i = 0; i < before.handlers.size(); ++i)
    EXPECT_EQ(after.handlers[i].sa_handler, before.handlers[i].sa_handler) << "signal " << i + 1;
}

}  // namespace
}  // namespace relume::training
