// Public. The IDX format of MNIST: arrays with a big-endian header.
#pragma once

#include <filesystem>
#include <optional>

#include "relume/tensor/tensor.h"

namespace relume::data {

/// The array in an IDX file, plain or gzip. uint8, int8, int16, int32, float32 and float64 keep their type.
/// Throws InputError where the bytes are not IDX or do not match the sizes in the header, FileError where the file
/// cannot be read. Source: LeCun, Cortes, Burges, "The MNIST database of handwritten digits", file formats.
Tensor read_idx(const std::filesystem::path& path);

/// Images [n, rows, columns] and labels [n] as they lie in the files.
struct IdxPair {
  Tensor images;
  Tensor labels;
  std::filesystem::path labels_path = {};
};

/// A folder with MNIST's file names: train-images-idx3-ubyte and train-labels-idx1-ubyte, with or without ".gz" and
/// with
/// "." in place of the "-" before "idx"; the t10k pair, where it is there, is the test set. A name may stand in front,
/// and the test pair may be called "test": emnist-letters-train-images-idx3-ubyte.gz, emnist-letters-test-….
struct IdxFolder {
  IdxPair train;
  std::optional<IdxPair> test;
};

/// Whether the folder holds MNIST's training images.
bool is_idx_folder(const std::filesystem::path& folder);

/// Throws InputError where a file of a pair is missing, images and labels differ in number, or the folder holds
/// training images of two names.
IdxFolder read_idx_folder(const std::filesystem::path& folder);

}  // namespace relume::data
