#include "relume/plot/events/event_file.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <system_error>

#include <google/protobuf/arena.h>
#include <unistd.h>

#include "relume/base/error.h"
#include "relume/plot/events/crc32c.h"
#include "relume/plot/events/event.pb.h"

namespace relume::plot {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t histogram_buckets = 64;

std::int64_t seconds_now() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

double wall_time() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// TensorBoard takes a folder's event files in the order of their names.
fs::path new_path(const fs::path& folder) {
  std::array<char, 256> host{};
  if (::gethostname(host.data(), host.size() - 1) != 0 || host[0] == '\0') std::strcpy(host.data(), "host");
  const std::string name =
      "events.out.tfevents." + std::to_string(seconds_now()) + "." + host.data() + "." + std::to_string(::getpid());
  fs::path path = folder / name;
  for (int i = 1; fs::exists(path); ++i) path = folder / (name + "." + std::to_string(i));
  return path;
}

template <class Integer>
std::string little_endian(Integer value) {
  std::string bytes;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) bytes += static_cast<char>((value >> (8 * i)) & 0xff);
  return bytes;
}

/// A checksum of bytes that hold checksums says little: it is rotated and shifted (the TFRecord format).
std::string masked_checksum(std::string_view bytes) {
  const std::uint32_t crc = crc32c(bytes);
  return little_endian(((crc >> 15) | (crc << 17)) + 0xa282ead8U);
}

std::string record(const std::string& data) {
  const std::string length = little_endian(static_cast<std::uint64_t>(data.size()));
  return length + masked_checksum(length) + data + masked_checksum(data);
}

void set_plugin(events::Summary::Value& value, const std::string& name, const std::string& content) {
  value.mutable_metadata()->mutable_plugin_data()->set_plugin_name(name);
  value.mutable_metadata()->mutable_plugin_data()->set_content(content);
}

/// Buckets of equal width from the least to the largest value.
void fill(events::Histogram& histogram, const std::vector<double>& values) {
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double width = std::max((*high - *low) / histogram_buckets, 1e-12 * std::max(1.0, std::abs(*high)));
  std::array<double, histogram_buckets> counts{};
  double sum = 0, squares = 0;
  for (const double value : values) {
    const auto bucket = static_cast<std::size_t>((value - *low) / width);
    ++counts[std::min(bucket, histogram_buckets - 1)];
    sum += value;
    squares += value * value;
  }
  histogram.set_min(*low);
  histogram.set_max(*high);
  histogram.set_num(static_cast<double>(values.size()));
  histogram.set_sum(sum);
  histogram.set_sum_squares(squares);
  for (std::size_t i = 0; i < histogram_buckets; ++i) {
    histogram.add_bucket_limit(*low + width * static_cast<double>(i + 1));
    histogram.add_bucket(counts[i]);
  }
}

events::HParams::Experiment::HParam::Type type_of(const HyperParameter& parameter) {
  using HParam = events::HParams::Experiment::HParam;
  if (std::holds_alternative<double>(parameter.second)) return HParam::FLOAT64;
  return std::holds_alternative<bool>(parameter.second) ? HParam::BOOL : HParam::STRING;
}

events::HParams::Value to_value(const HyperParameter& parameter) {
  events::HParams::Value value;
  if (const auto* number = std::get_if<double>(&parameter.second)) value.set_number_value(*number);
  if (const auto* flag = std::get_if<bool>(&parameter.second)) value.set_bool_value(*flag);
  if (const auto* text = std::get_if<std::string>(&parameter.second)) value.set_string_value(*text);
  return value;
}

}  // namespace

struct EventFile::State {
  fs::path path;
  std::FILE* file = nullptr;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (file) std::fclose(file);
  }

  [[noreturn]] void fail(int reason) const {
    throw FileError(path.string() + ": " + std::generic_category().message(reason));
  }

  void write(events::Event& event) const {
    event.set_wall_time(wall_time());
    const std::string bytes = record(event.SerializeAsString());
    if (std::fwrite(bytes.data(), 1, bytes.size(), file) != bytes.size() || std::fflush(file) != 0) fail(errno);
  }

  template <class Fill>
  void write(const std::string& tag, std::int64_t step, const Fill& fill_value) const {
    // What lies in an arena goes with it: a list of messages that finds no room to grow would leave one behind.
    google::protobuf::Arena arena;
    events::Event& event = *google::protobuf::Arena::CreateMessage<events::Event>(&arena);
    event.set_step(step);
    events::Summary::Value& value = *event.mutable_summary()->add_value();
    value.set_tag(tag);
    fill_value(value);
    write(event);
  }

  void write(const std::string& tag, const events::HParams& content) const {
    write(tag, 0, [&](events::Summary::Value& value) { set_plugin(value, "hparams", content.SerializeAsString()); });
  }
};

EventFile::EventFile(const fs::path& folder) : state_(std::make_unique<State>()) {
  state_->path = new_path(folder);
  state_->file = std::fopen(state_->path.c_str(), "wb");
  if (!state_->file) state_->fail(errno);
  events::Event event;
  event.set_file_version("brain.Event:2");
  state_->write(event);
}

EventFile::~EventFile() = default;
EventFile::EventFile(EventFile&&) noexcept = default;
EventFile& EventFile::operator=(EventFile&&) noexcept = default;

void EventFile::scalar(const std::string& tag, double value, std::int64_t step) {
  state_->write(tag, step, [&](events::Summary::Value& v) { v.set_simple_value(static_cast<float>(value)); });
}

void EventFile::histogram(const std::string& tag, std::span<const float> values, std::int64_t step) {
  std::vector<double> finite;
  finite.reserve(values.size());
  for (const float value : values)
    if (std::isfinite(value)) finite.push_back(value);
  if (finite.empty()) return;
  state_->write(tag, step, [&](events::Summary::Value& v) { fill(*v.mutable_histo(), finite); });
}

void EventFile::text(const std::string& tag, const std::string& markdown, std::int64_t step) {
  state_->write(tag, step, [&](events::Summary::Value& value) {
    set_plugin(value, "text", "");
    value.mutable_tensor()->set_dtype(events::Tensor::STRING);
    value.mutable_tensor()->mutable_tensor_shape()->add_dim()->set_size(1);
    value.mutable_tensor()->add_string_val(markdown);
  });
}

void EventFile::image(const std::string& tag, const std::string& name, const std::string& png, std::int32_t width,
                      std::int32_t height, std::int64_t step) {
  state_->write(tag, step, [&](events::Summary::Value& value) {
    value.mutable_metadata()->set_display_name(name);
    value.mutable_image()->set_width(width);
    value.mutable_image()->set_height(height);
    value.mutable_image()->set_colorspace(1);
    value.mutable_image()->set_encoded_image_string(png);
  });
}

void EventFile::hyper_parameters(const std::vector<HyperParameter>& parameters,
                                 const std::vector<std::string>& metrics) {
  google::protobuf::Arena arena;
  auto& experiment = *google::protobuf::Arena::CreateMessage<events::HParams>(&arena);
  auto& start = *google::protobuf::Arena::CreateMessage<events::HParams>(&arena);
  for (const HyperParameter& parameter : parameters) {
    auto& info = *experiment.mutable_experiment()->add_hparam_infos();
    info.set_name(parameter.first);
    info.set_type(type_of(parameter));
    (*start.mutable_session_start_info()->mutable_hparams())[parameter.first] = to_value(parameter);
  }
  for (const std::string& metric : metrics)
    experiment.mutable_experiment()->add_metric_infos()->mutable_name()->set_tag(metric);
  state_->write("_hparams_/experiment", experiment);
  state_->write("_hparams_/session_start_info", start);
}

void EventFile::end(bool success) {
  events::HParams end;
  end.mutable_session_end_info()->set_status(success ? events::HParams::SessionEnd::SUCCESS
                                                     : events::HParams::SessionEnd::FAILURE);
  state_->write("_hparams_/session_end_info", end);
}

const fs::path& EventFile::path() const { return state_->path; }

}  // namespace relume::plot
