// Private. TensorBoard's event files.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace relume::plot {

/// The setting of a run, as TensorBoard's table of hyperparameters shows it.
using HyperParameter = std::pair<std::string, std::variant<double, bool, std::string>>;

/// An `events.out.tfevents.*` in a folder, which TensorBoard shows while it grows. Every call ends with the record
/// whole on its way to the file. Throws FileError where the file cannot be written.
class EventFile {
 public:
  /// A new file. The folder must exist.
  explicit EventFile(const std::filesystem::path& folder);
  ~EventFile();
  EventFile(EventFile&&) noexcept;
  EventFile& operator=(EventFile&&) noexcept;

  /// A point of the curve `tag`; a "/" in it makes groups: "loss/train".
  void scalar(const std::string& tag, double value, std::int64_t step);
  /// How `values` are spread. Those that are not finite are left out.
  void histogram(const std::string& tag, std::span<const float> values, std::int64_t step);
  /// Markdown.
  void text(const std::string& tag, const std::string& markdown, std::int64_t step);
  /// A grey picture as the bytes of a PNG file, with the name that stands over it.
  void image(const std::string& tag, const std::string& name, const std::string& png, std::int32_t width,
             std::int32_t height, std::int64_t step);
  /// What the run was told, and the tags of the scalars that it is judged by.
  void hyper_parameters(const std::vector<HyperParameter>& parameters, const std::vector<std::string>& metrics);
  /// The end of the run in the table of hyperparameters.
  void end(bool success);

  const std::filesystem::path& path() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace relume::plot
