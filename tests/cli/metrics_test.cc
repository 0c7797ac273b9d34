// The text that Prometheus reads.
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <sstream>
#include <string>

#include "cli/metrics/exposition.h"
#include "cli/metrics/metrics_text.h"

namespace verge::cli {
namespace {

TEST(Exposition, Escapes) {
  Exposition out;
  out.Begin("name", "counter", "a \\ and\na line, \"quoted\"");
  out.Add({{"label", "a \\ and\na line, \"quoted\""}}, 7);
  out.Add({}, 8, "_sum");
  out.AddDecimal({{"a", "1"}, {"b", "2"}}, 0.25);
  EXPECT_EQ(out.Take(),
            "# HELP name a \\\\ and\\na line, \"quoted\"\n"
            "# TYPE name counter\n"
            "name{label=\"a \\\\ and\\na line, \\\"quoted\\\"\"} 7\n"
            "name_sum 8\n"
            "name{a=\"1\",b=\"2\"} 0.25\n");
}

// Every sample belongs to the family before it, no family and no sample is there twice.
void CheckFormat(const std::string& text, std::map<std::string, double>* samples) {
  std::istringstream lines(text);
  std::string family;
  std::set<std::string> families;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << line;
    } else if (line.starts_with("# TYPE ")) {
      EXPECT_TRUE(line.starts_with("# TYPE " + family + " ")) << line;
    } else {
      EXPECT_TRUE(line.starts_with(family)) << line;
      const size_t space = line.rfind(' ');
      ASSERT_NE(space, std::string::npos);
      EXPECT_TRUE(samples->emplace(line.substr(0, space), std::stod(line.substr(space + 1))).second) << line;
    }
  }
}

TEST(MetricsText, SumsShardsAndCountsBucketsUp) {
  runtime::Metering metering(2);
  for (size_t shard : {0, 1}) {
    runtime::WorkerMeter& meter = metering.Of("shop", shard);
    meter.events.Add(5);
    meter.outcomes[0].Add(3);
    meter.outcomes[2].Add(1);
    meter.cpu.Add(50'000);     // the first range
    meter.cpu.Add(3'000'000);  // the fifth
    meter.memory_kib_ms.Add(1'000'000'000);
    meter.storage[static_cast<size_t>(runtime::StorageKind::kD1)].Add(1);
  }
  std::map<std::string, double> samples;
  CheckFormat(MetricsText(metering, nullptr, "1.2.3"), &samples);
  EXPECT_EQ(samples.at("verge_build_info{version=\"1.2.3\"}"), 1);
  EXPECT_EQ(samples.at("verge_worker_requests_total{worker=\"shop\"}"), 10);
  EXPECT_EQ(samples.at("verge_worker_requests_open{worker=\"shop\"}"), 2);
  EXPECT_EQ(samples.at("verge_worker_outcomes_total{worker=\"shop\",outcome=\"ok\"}"), 6);
  EXPECT_EQ(samples.at("verge_worker_outcomes_total{worker=\"shop\",outcome=\"exceededCpu\"}"), 2);
  EXPECT_EQ(samples.at("verge_worker_cpu_seconds_bucket{worker=\"shop\",le=\"0.0001\"}"), 2);
  EXPECT_EQ(samples.at("verge_worker_cpu_seconds_bucket{worker=\"shop\",le=\"0.0025\"}"), 2);
  EXPECT_EQ(samples.at("verge_worker_cpu_seconds_bucket{worker=\"shop\",le=\"0.005\"}"), 4);
  EXPECT_EQ(samples.at("verge_worker_cpu_seconds_bucket{worker=\"shop\",le=\"+Inf\"}"), 4);
  EXPECT_EQ(samples.at("verge_worker_cpu_seconds_count{worker=\"shop\"}"), 4);
  EXPECT_DOUBLE_EQ(samples.at("verge_worker_cpu_seconds_sum{worker=\"shop\"}"), 0.0061);
  EXPECT_DOUBLE_EQ(samples.at("verge_worker_memory_gb_seconds_total{worker=\"shop\"}"), 2.048);
  EXPECT_EQ(samples.at("verge_worker_storage_seconds_count{worker=\"shop\",kind=\"d1\"}"), 2);
  EXPECT_FALSE(samples.contains("verge_worker_storage_seconds_count{worker=\"shop\",kind=\"kv_read\"}"));
  EXPECT_GT(samples.at("process_open_fds"), 0);
}

TEST(MetricsText, WithoutWorkers) {
  std::map<std::string, double> samples;
  CheckFormat(MetricsText(runtime::Metering(1), nullptr, "x"), &samples);
  EXPECT_EQ(samples.at("verge_http_requests_total{shard=\"0\"}"), 0);
}

}  // namespace
}  // namespace verge::cli
