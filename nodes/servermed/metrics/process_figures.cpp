#include "nodes/servermed/metrics/process_figures.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <vector>

namespace serverme::servermed {

namespace {

std::optional<double> resident_bytes() {
  // proc(5): the second number of statm is resident pages.
  std::ifstream file{"/proc/self/statm"};
  double size = 0, resident = 0;
  if (!(file >> size >> resident))
    return std::nullopt;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

std::optional<double> open_descriptors() {
  std::error_code error;
  std::filesystem::directory_iterator all{"/proc/self/fd", error};
  if (error)
    return std::nullopt;
  // Looking at them opens one.
  return static_cast<double>(std::distance(begin(all), end(all)) - 1);
}

std::optional<double> processor_seconds() {
  rusage used{};
  if (::getrusage(RUSAGE_SELF, &used) != 0)
    return std::nullopt;
  auto in_seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return in_seconds(used.ru_utime) + in_seconds(used.ru_stime);
}

} // namespace

std::string process_figures() {
  using prometheus::MetricType;
  std::vector<prometheus::MetricFamily> all;
  auto put
    = [&all](const char* name, const char* help, MetricType type, std::optional<double> value) {
        if (!value)
          return;
        prometheus::ClientMetric sample;
        sample.counter.value = sample.gauge.value = *value;
        all.push_back({name, help, type, {sample}});
      };
  put("process_resident_memory_bytes", "Memory that the process has", MetricType::Gauge,
      resident_bytes());
  put("process_open_fds", "Descriptors that are open", MetricType::Gauge, open_descriptors());
  put("process_cpu_seconds_total", "Processor time, of user and system", MetricType::Counter,
      processor_seconds());
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out, all);
  return out.str();
}

} // namespace serverme::servermed
