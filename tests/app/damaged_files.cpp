// Files with bytes changed, cut or doubled: a reader gives its content or throws, and never crashes.
#include <functional>

#include <gtest/gtest.h>

#include "relume/base/error.h"
#include "relume/base/rng.h"
#include "relume/data/csv.h"
#include "relume/data/idx.h"
#include "relume/data/npy.h"
#include "relume/io/model.h"
#include "tests/app/run_app.h"
#include "tests/data/temporary_file.h"

namespace relume::app {
namespace {

constexpr int changes = 400;

std::string changed(std::string bytes, Rng& rng) {
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(rng.uniform() * static_cast<double>(n)); };
  const std::size_t edits = 1 + below(4);
  for (std::size_t i = 0; i < edits && !bytes.empty(); ++i) {
    // Headers are small: half of the changes go there.
    const std::size_t at = below(rng.uniform() < 0.5 ? std::min<std::size_t>(bytes.size(), 64) : bytes.size());
    switch (below(5)) {
      case 0: bytes[at] = static_cast<char>(below(256)); break;
      case 1: bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8)); break;
      case 2: bytes.resize(at); break;
      case 3: bytes.insert(at, bytes.substr(at, below(32))); break;
      default: bytes.erase(at, below(16));
    }
  }
  return bytes;
}

/// Reads the file in many damaged forms; most of them must be refused, or the test looks at nothing.
void expect_no_crash(const std::string& name, const std::string& bytes,
                     const std::function<void(const std::filesystem::path&)>& read, int least_refused) {
  const Workplace place;
  place.write(name, bytes);
  ASSERT_NO_THROW(read(place / name)) << "the file is good as it is";
  Rng rng(17);
  int refused = 0;
  for (int i = 0; i < changes; ++i) {
    place.write(name, changed(bytes, rng));
    try {
      read(place / name);
    } catch (const Error& error) {
      ++refused;
      EXPECT_NE(std::string(error.what()), "");
    }
  }
  EXPECT_GE(refused, least_refused) << name;
}

std::string small_idx() {
  std::string bytes("\0\0\x08\x03\0\0\0\x05\0\0\0\x04\0\0\0\x04", 16);
  return bytes + std::string(80, '\x07');
}

std::string npy_of(const Tensor& x) {
  const Workplace place;
  data::write_npy(place / "x.npy", x);
  return place.read("x.npy");
}

TEST(DamagedFiles, TablesAreReadOrRefused) {
  const auto read = [](const std::filesystem::path& path) { data::read_table(path); };
  expect_no_crash("t.csv", labelled_table(60), read, 1);
  expect_no_crash("t.csv.gz", data::gzip(labelled_table(60)), read, changes / 2);
}

TEST(DamagedFiles, ArraysAreReadOrRefused) {
  expect_no_crash(
      "x-idx3-ubyte", small_idx(), [](const auto& path) { data::read_idx(path); }, changes / 3);
  expect_no_crash(
      "x.npy", npy_of(ones({6, 5})), [](const auto& path) { data::read_npy(path); }, changes / 3);
  const auto reference = data::reference("deflated.npz");
  const Workplace place;
  std::filesystem::copy(reference, place / "x.npz");
  expect_no_crash(
      "x.npz", place.read("x.npz"), [](const auto& path) { data::read_npz(path); }, changes / 3);
}

TEST(DamagedFiles, ModelsAreReadOrRefused) {
  const Workplace place;
  place.write("t.csv", labelled_table(60));
  ASSERT_EQ(relume(place, {"train", "t.csv", "--hidden", "4", "--epochs", "1", "--quiet", "--out", "run"}).status, 0);
  expect_no_crash(
      "model.safetensors", place.read("run/model.safetensors"), [](const auto& path) { io::Model::load(path); },
      changes / 4);
}

}  // namespace
}  // namespace relume::app
