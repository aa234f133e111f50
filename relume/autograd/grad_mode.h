// Public. Whether operations are recorded for backward().
#pragma once

namespace relume {

/// Whether this thread records operations on tensors that require a gradient; true at first.
bool grad_enabled();
void set_grad_enabled(bool enabled);

/// Nothing is recorded while one of these lives.
class NoGradGuard {
 public:
  NoGradGuard() : before_(grad_enabled()) { set_grad_enabled(false); }
  ~NoGradGuard() { set_grad_enabled(before_); }
  NoGradGuard(const NoGradGuard&) = delete;
  NoGradGuard& operator=(const NoGradGuard&) = delete;

 private:
  bool before_;
};

}  // namespace relume
