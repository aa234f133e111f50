// That a prediction allocates nothing and asks nothing of the system.
#include <atomic>
#include <cstdlib>

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "relume/infer/predictor.h"
#include "tests/infer/networks.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RELUME_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define RELUME_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef RELUME_COUNTS_ALLOCATIONS
#define RELUME_COUNTS_ALLOCATIONS 1
#endif

namespace {
std::atomic<long> allocations{0};
}  // namespace

#if RELUME_COUNTS_ALLOCATIONS
// In place of the C library's, for the whole program: operator new ends here, too.
extern "C" {
void* __libc_malloc(std::size_t);                 // NOLINT: theirs
void* __libc_calloc(std::size_t, std::size_t);    // NOLINT
void* __libc_realloc(void*, std::size_t);         // NOLINT
void* __libc_memalign(std::size_t, std::size_t);  // NOLINT

void* malloc(std::size_t size) { return ++allocations, __libc_malloc(size); }
void* calloc(std::size_t count, std::size_t size) { return ++allocations, __libc_calloc(count, size); }
void* realloc(void* block, std::size_t size) { return ++allocations, __libc_realloc(block, size); }
void* aligned_alloc(std::size_t to, std::size_t size) { return ++allocations, __libc_memalign(to, size); }
}
#endif

namespace relume::infer {
namespace {

constexpr int million = 1000000;

struct Call {
  explicit Call(const Predictor& its_predictor, std::int64_t rows = 1)
      : predictor(its_predictor),
        in(random_rows(rows * predictor.inputs())),
        out(static_cast<std::size_t>(rows * predictor.outputs())) {}
  void operator()() { predictor.predict(in, out); }

  Predictor predictor;
  std::vector<float> in, out;
};

Predictor small_network() {
  nn::Sequential net(nn::Linear(4, 16), nn::ReLU(), nn::LayerNorm(16), nn::Residual(nn::Linear(16, 16), nn::GELU()),
                     nn::Linear(16, 2));
  set_random(net);
  return Predictor(net);
}

Predictor large_network() {
  nn::Sequential net(nn::Linear(4, 9000), nn::ReLU(), nn::Linear(9000, 2));
  set_random(net);
  return Predictor(net);
}

TEST(QuietCalls, AMillionAllocateNothing) {
  if (!RELUME_COUNTS_ALLOCATIONS) GTEST_SKIP() << "skipped: the sanitizer has an allocator of its own";
  Call small(small_network()), batch(small_network(), 70), table(Predictor(model_of(houses(true)))),
      large(large_network(), 3);
  long before = allocations;
  for (int i = 0; i < million; ++i) small();
  for (int i = 0; i < 1000; ++i) batch();
  for (int i = 0; i < 1000; ++i) table();
  for (int i = 0; i < 10; ++i) large();
  EXPECT_EQ(allocations - before, 0);
  before = allocations;
  const auto one = std::make_unique<int>(1);
  EXPECT_EQ(allocations - before, 1) << "what counts does not";
}

/// How a process ends that may do nothing but end, once it has done `work`.
template <class F>
int end_without_system(F work) {
  const pid_t child = fork();
  if (child == 0) {
    sock_filter program[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // the number of the call
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
    };
    sock_fprog filter{4, program};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
      _exit(77);
    work();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

TEST(QuietCalls, AMillionAskNothingOfTheSystem) {
  Call small(small_network()), batch(small_network(), 70), large(large_network(), 3);
  const int status = end_without_system([&] {
    for (int i = 0; i < million; ++i) small();
    for (int i = 0; i < 1000; ++i) batch();
    for (int i = 0; i < 10; ++i) large();
  });
  if (WIFEXITED(status) && WEXITSTATUS(status) == 77) GTEST_SKIP() << "skipped: seccomp is not here";
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
  const int asked = end_without_system([] { getppid(); });
  EXPECT_TRUE(WIFSIGNALED(asked)) << "what forbids does not";
}

}  // namespace
}  // namespace relume::infer
