// The sections of a configuration about how a project is built, served and woken: assets, triggers, define, alias,
// build and the compiler's settings. From the tree to WorkerConfig, without the file system.
#ifndef CONFIG_PROJECT_KEYS_H_
#define CONFIG_PROJECT_KEYS_H_

#include <string>
#include <vector>

#include "config/project.h"
#include "config/reporting.h"
#include "config/value.h"

namespace verge::config {

// Each takes the value of its key, and the key's path in the file.
void CheckAssets(const Value& value, const std::string& path, const Reporting& reporting, WorkerConfig* worker);
void CheckTriggers(const Value& value, const std::string& path, const Reporting& reporting, WorkerConfig* worker);
void CheckBuild(const Value& value, const std::string& path, const Reporting& reporting, WorkerConfig* worker);
void CheckDev(const Value& value, const std::string& path, const Reporting& reporting, WorkerConfig* worker);
// `define` and `alias`: tables of strings.
void CheckReplacements(const Value& value, const std::string& path, const Reporting& reporting,
                       std::vector<Replacement>* out);
// Keys of one string or one truth.
void CheckText(const Value& value, const std::string& path, const Reporting& reporting, std::string* out);
void CheckFlag(const Value& value, const std::string& path, const Reporting& reporting, bool* out);

}  // namespace verge::config

#endif  // CONFIG_PROJECT_KEYS_H_
