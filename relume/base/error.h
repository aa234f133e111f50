// Public. The errors that relume throws. Every message starts with the operation's name and holds the offending values.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace relume {

/// The root of everything that relume throws.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// An argument has a value that the operation does not take.
class ValueError : public Error {
 public:
  using Error::Error;
};

/// The sizes of tensors do not fit each other or the operation.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// The operation does not work on this dtype, or two dtypes do not fit.
class DTypeError : public Error {
 public:
  using Error::Error;
};

/// An index lies outside of what it indexes.
class IndexError : public Error {
 public:
  using Error::Error;
};

/// What came from outside (a file, a table, a setting) is wrong. The text says what, where and what to do.
class InputError : public Error {
 public:
  using Error::Error;
};

/// An option has a value that it does not take, or lacks one. The text names the options as TrainOptions does; a
/// command line words those of `options` as its own.
class OptionError : public InputError {
 public:
  /// Where the text quotes data, in which an option's name may stand, options are named in its end alone: `what_helps`.
  OptionError(std::vector<std::string> named, const std::string& text, const std::string& what_helps = {})
      : InputError(what_helps.empty() ? text : text + "; " + what_helps),
        options(std::move(named)),
        advice(what_helps) {}
  std::vector<std::string> options;
  std::string advice;
};

/// A file cannot be read or written: missing, unreadable, disk full.
class FileError : public InputError {
 public:
  using InputError::InputError;
};

}  // namespace relume
