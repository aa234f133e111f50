// Public. The errors that relume throws. Every message starts with the operation's name and holds the offending values.
#pragma once

#include <stdexcept>
#include <string>

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

/// A file cannot be read or written: missing, unreadable, disk full.
class FileError : public InputError {
 public:
  using InputError::InputError;
};

}  // namespace relume
