// Public. The base of everything that has parameters or a forward().
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "relume/tensor/tensor.h"

namespace relume {
class Activation;
}

namespace relume::nn {

class Linear;
struct LayerPlace;
struct LayerSize;

/// A function of tensors with named parameters and submodules.
///
///   struct SimpleNN : nn::Module {
///     nn::Linear fc1 = named("fc1", 10, 5);
///     nn::ReLU relu = named("relu");
///     Tensor forward(const Tensor& x) override { return relu(fc1(x)); }
///   };
///
/// Copying a module copies handles: the copy shares its parameters, as copied Tensors share memory.
/// In evaluation, after eval(), nothing that relume's modules do changes them: any number of threads may call one
/// network at a time and each gets, bit for bit, what it would get alone. Hooks run on the thread that calls.
class Module {
 public:
  virtual ~Module() = default;

  /// The module's function. In evaluation it changes nothing of the module.
  virtual Tensor forward(const Tensor& x) = 0;
  /// forward(), then the hooks. Throws Error where forward() calls a module that this one holds but does not know,
  /// which would be neither trained nor saved nor watched: a member that was not named, or what has parameters that are
  /// not among this module's. Under a NoGradGuard, or where they require no gradient, such parameters may be anybody's.
  Tensor operator()(const Tensor& x);
  /// The same of a module that does not change. Throws ValueError in training.
  Tensor operator()(const Tensor& x) const;

  /// Called with every output of this module, by operator() and where a Sequential fuses it with its neighbour.
  using Hook = std::function<void(const Module& module, const Tensor& output)>;
  /// Returns a number to remove the hook by. A copy of the module begins without hooks.
  int add_hook(Hook hook);
  void remove_hook(int number);
  void run_hooks(const Tensor& output) const;
  bool has_hooks() const { return !identity_.hooks.empty(); }

  /// What prints: "Linear(in_features=10, out_features=5, bias=True)".
  virtual std::string describe() const;

  /// Parameters of this module and of those under it, with dotted names ("fc1.weight"), in the order of their making.
  std::vector<std::pair<std::string, Tensor>> named_parameters() const;
  std::vector<Tensor> parameters() const;
  /// What is saved with the parameters but not trained.
  std::vector<std::pair<std::string, Tensor>> named_buffers() const;
  /// The direct submodules with their names.
  std::vector<std::pair<std::string, Module*>> children() const;
  /// The direct submodule of that name that this module shares with others; null where there is none, and for a member.
  std::shared_ptr<Module> shared_child(std::string_view name) const;

  /// A tensor of the module's own, not of those under it; undefined where the module lacks it (a Linear's bias).
  struct Own {
    enum class Kind : std::uint8_t { parameter, buffer, transient };  ///< transient: a buffer that is not saved
    std::string name;
    Tensor tensor;
    Kind kind = Kind::parameter;
    bool is_member = false;  ///< of the C++ object, which computes with it
  };
  /// Parameters, then buffers.
  std::vector<Own> own() const;
  /// Gives the module a tensor or a submodule by its name. Where there is one of that name and kind it is exchanged (a
  /// member keeps its place), else it takes the place of whatever had the name. The tensor's requires_grad stays.
  void set_own(const Own& given);
  void set_child(const std::string& name, std::shared_ptr<Module> module);
  /// Takes the submodule, parameter or buffer of that name out again, where there is one.
  void forget(std::string_view name);
  /// The number of trained values.
  std::int64_t parameter_count() const;

  /// Copies values into the parameters and buffers of those names. Throws InputError that names what is missing,
  /// unexpected, or of another shape; nothing is changed then.
  void load_state(const std::vector<std::pair<std::string, Tensor>>& state);
  /// Parameters, then buffers, under the names that load_state() takes; the tensors share memory with the module.
  std::vector<std::pair<std::string, Tensor>> state() const;

  /// Calls f with this module and every one under it, those under it first.
  void apply(const std::function<void(Module&)>& f);
  /// Converts floating-point parameters and buffers; the tensors stay the same ones, their gradients are forgotten.
  void to(DType dtype);

  /// The elementwise activation that forward() is now and nothing else, or null.
  virtual const Activation* as_activation() const { return nullptr; }
  /// This module where it is a Linear or derives from one, or null.
  virtual const Linear* as_linear() const { return nullptr; }
  Linear* as_linear() { return const_cast<Linear*>(std::as_const(*this).as_linear()); }
  /// Whether forward() hands its input on in evaluation, as dropout does.
  virtual bool is_identity_in_evaluation() const { return false; }
  /// How many values a row has behind this module that had so many before it.
  virtual std::int64_t features_out(std::int64_t features_in) const { return features_in; }

  /// Training mode, which dropout and the like ask for; on at first.
  virtual void train(bool on = true);
  void eval() { train(false); }
  bool is_training() const { return training_; }
  /// The mode of this module alone, not of those under it.
  void set_training(bool on) { training_ = on; }

 protected:
  Module() = default;
  Module(const Module&) = default;
  Module& operator=(const Module&) = default;

  /// Makes a member and names it: `nn::Linear fc1 = named("fc1", 10, 5);`. The arguments are those of its constructor.
  template <class... Arguments>
  auto named(std::string name, Arguments&&... arguments) {
    return Named<Arguments...>(*this, std::move(name), std::forward<Arguments>(arguments)...);
  }
  /// Names a submodule that is a member of this module. It is known by its place inside, which a copy keeps.
  void add(std::string name, Module& member);
  /// Names a submodule that this module shares.
  void add(std::string name, std::shared_ptr<Module> module);
  /// Names a tensor that is a member of this module and is trained; it requires a gradient from now on. Like a
  /// submodule it is known by its place: what is assigned to the member later counts. An undefined tensor is a
  /// parameter that the module lacks.
  void add_parameter(std::string name, Tensor& member);
  /// Names a member that is saved with the parameters but not trained.
  void add_buffer(std::string name, Tensor& member);

  std::size_t child_count() const { return children_.size(); }
  /// The direct submodule of that number.
  Module& child(std::size_t i) const { return *resolve(children_[i]); }

  /// While it lives, the modules that this thread runs are called by `caller`; null: by nobody, and may be any.
  class CalledBy {
   public:
    explicit CalledBy(const Module* caller);
    ~CalledBy();
    CalledBy(const CalledBy&) = delete;
    CalledBy& operator=(const CalledBy&) = delete;

   private:
    const Module* before_;
  };

  /// The module's name with its submodules under it.
  std::string describe_as(const char* name) const;

 private:
  struct Child {
    std::string name;
    std::ptrdiff_t place = 0;  // of a member, in bytes from this module
    std::shared_ptr<Module> shared;
  };
  struct Slot {
    std::string name;
    std::ptrdiff_t place = 0;  // of a member, as above
    Tensor given{};            // where it is none
    bool saved = true;
  };
  enum class Which : std::uint8_t { parameters, buffers, saved_buffers };
  using NamedTensors = std::vector<std::pair<std::string, Tensor>>;

  Module* resolve(const Child& child) const;
  Tensor& resolve(const Slot& slot) const;
  Slot slot_of(std::string name, const Tensor& member) const;
  void collect(const std::string& prefix, Which which, NamedTensors& into) const;

  bool holds(const Module& other) const;
  void check_knows(const Module& callee) const;

  struct Identity;
  /// Gives a name to the next module that is made on this thread. Where the compiler makes a member elsewhere and
  /// copies it to its place, the copy has the name.
  class Naming {
   public:
    Naming(Module& parent, std::string name);
    ~Naming();
    Naming(const Naming&) = delete;
    Naming& operator=(const Naming&) = delete;
    void begin() { waits_ = true; }

   private:
    friend struct Identity;
    static Naming*& innermost();
    void name(const Identity* made);
    void unname();

    Module& parent_;
    std::string name_;
    bool waits_ = false;
    const Identity* named_ = nullptr;
    Naming* before_;
  };

  /// What is about to become a member of any class that derives from Module.
  template <class... Arguments>
  class Named {
   public:
    Named(Module& parent, std::string name, Arguments&&... arguments)
        : naming_(parent, std::move(name)), arguments_(std::forward<Arguments>(arguments)...) {}
    template <std::derived_from<Module> M>
    operator M() && {  // NOLINT: it stands for the member
      naming_.begin();
      return std::apply([](auto&&... a) { return M(std::forward<Arguments>(a)...); }, std::move(arguments_));
    }

   private:
    Naming naming_;
    std::tuple<Arguments&&...> arguments_;
  };

  // What belongs to this very object. What a hook refers to may be gone before a copy is: hooks stay where they were
  // added.
  struct Identity {
    Identity();
    Identity(const Identity& other);
    Identity& operator=(const Identity&) { return *this; }
    ~Identity();
    std::vector<std::pair<int, Hook>> hooks;
    mutable std::atomic<const Module*> known_to = nullptr;  ///< the caller that was found to hold this module
  };
  Identity identity_;
  std::vector<Child> children_;
  std::vector<Slot> parameters_;
  std::vector<Slot> buffers_;
  bool training_ = true;
};

/// As PyTorch prints a module: its name with its submodules under it.
std::ostream& operator<<(std::ostream& out, const Module& module);

}  // namespace relume::nn
