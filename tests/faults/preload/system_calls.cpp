#include "tests/faults/preload/system_calls.h"

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <dlfcn.h>
#include <link.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

extern "C" {
/// The call itself, from the one place where the filter lets it pass.
long relume_faults_call(long number, long a, long b, long c, long d, long e, long f);
extern const char relume_faults_after_call[];  // NOLINT: assembly
}

asm(R"(
  .text
  .globl relume_faults_call
  .globl relume_faults_after_call
relume_faults_call:
  mov %rdi, %rax
  mov %rsi, %rdi
  mov %rdx, %rsi
  mov %rcx, %rdx
  mov %r8, %r10
  mov %r9, %r8
  mov 8(%rsp), %r9
  syscall
relume_faults_after_call:
  ret
)");

namespace relume::faults {
namespace {

// Those with which files are read, written and named, and memory is had. "thread" is pthread_create: a new thread's
// first instructions could not run in a signal handler.
Counted calls[] = {{"read", SYS_read},
                   {"write", SYS_write},
                   {"close", SYS_close},
                   {"fstat", SYS_fstat},
                   {"lseek", SYS_lseek},
                   {"mmap", SYS_mmap},
                   {"munmap", SYS_munmap},
                   {"brk", SYS_brk},
                   {"pread", SYS_pread64},
                   {"writev", SYS_writev},
                   {"fcntl", SYS_fcntl},
                   {"flock", SYS_flock},
                   {"fsync", SYS_fsync},
                   {"ftruncate", SYS_ftruncate},
                   {"rename", SYS_rename},
                   {"mkdir", SYS_mkdir},
                   {"unlink", SYS_unlink},
                   {"link", SYS_link},
                   {"fchmod", SYS_fchmod},
                   {"getdents", SYS_getdents64},
                   {"openat", SYS_openat},
                   {"stat", SYS_newfstatat},
                   {"unlinkat", SYS_unlinkat},
                   {"linkat", SYS_linkat},
                   {"getrandom", SYS_getrandom},
                   {"affinity", SYS_sched_getaffinity},
                   {"thread", -1}};

const Counted* failing = nullptr;
long failing_number = 0;
int failing_error = 0;
std::atomic<bool> counting{false};

bool refuses(Counted& call) { return counting && ++call.times == failing_number && &call == failing; }

void on_call(int, siginfo_t* info, void* context) {
  const int before = errno;
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  long result = 0;
  for (Counted& call : calls)
    if (call.number == info->si_syscall && refuses(call)) result = -failing_error;
  if (result != 0 && info->si_syscall == SYS_brk) registers[REG_RDI] = 0, result = 0;  // it says where the end is
  if (result == 0)
    result = relume_faults_call(info->si_syscall, registers[REG_RDI], registers[REG_RSI], registers[REG_RDX],
                                registers[REG_R10], registers[REG_R8], registers[REG_R9]);
  registers[REG_RAX] = result;
  errno = before;
}

/// Addresses of code, which share their upper half.
struct Place {
  unsigned long begin, end;
};

/// LeakSanitizer looks for leaks in a thread that no signal reaches; its own calls are none of the program's.
int find_sanitizer(dl_phdr_info* object, std::size_t, void* found) {
  if (!std::strstr(object->dlpi_name, "liblsan")) return 0;
  for (const auto& part : std::span(object->dlpi_phdr, object->dlpi_phnum))
    if (part.p_type == PT_LOAD && (part.p_flags & PF_X) != 0) {
      const unsigned long begin = object->dlpi_addr + part.p_vaddr;
      static_cast<std::vector<Place>*>(found)->push_back({begin, begin + part.p_memsz});
    }
  return 0;
}

/// Each of the calls, made from elsewhere than those places, becomes a signal.
void install_filter(const std::vector<Place>& places) {
  constexpr auto at = offsetof(seccomp_data, instruction_pointer);
  const auto count = static_cast<unsigned char>(std::size(calls) - 1);
  std::vector<sock_filter> program{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (unsigned char i = 0; i < count; ++i)
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(calls[i].number),
                               static_cast<unsigned char>(count - i), 0));
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  for (const Place& place : places) {
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at + 4));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(place.begin >> 32), 0, 4));
    program.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, at));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, static_cast<unsigned>(place.begin), 0, 2));
    program.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, static_cast<unsigned>(place.end), 1, 0));
    program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
  }
  program.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP));
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
    std::abort();
}

}  // namespace

void count_calls(const char* name, long number, int error) {
  for (const Counted& call : calls)
    if (std::strcmp(call.name, name) == 0) failing = &call;
  failing_number = number;
  failing_error = error;
  struct sigaction action {};
  action.sa_sigaction = on_call;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  ::sigaction(SIGSYS, &action, nullptr);
  const auto own = reinterpret_cast<unsigned long>(relume_faults_after_call);
  std::vector<Place> places{{own, own + 1}};
  dl_iterate_phdr(find_sanitizer, &places);
  install_filter(places);
  counting = true;
}

void stop_counting_calls() { counting = false; }

std::span<const Counted> counted_calls() { return calls; }

}  // namespace relume::faults

extern "C" {

/// A thread that blocked the signal would be killed at its first call.
int pthread_sigmask(int how, const sigset_t* set, sigset_t* old) {
  using Mask = int (*)(int, const sigset_t*, sigset_t*);
  static const auto mask = reinterpret_cast<Mask>(dlsym(RTLD_NEXT, "pthread_sigmask"));
  if (!set) return mask(how, set, old);
  sigset_t without = *set;
  if (how != SIG_UNBLOCK) sigdelset(&without, SIGSYS);
  return mask(how, &without, old);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*work)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto create = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  if (relume::faults::refuses(relume::faults::calls[std::size(relume::faults::calls) - 1])) return EAGAIN;
  return create(thread, attributes, work, argument);
}
}
