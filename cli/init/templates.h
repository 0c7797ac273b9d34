// The projects that `verge init` can write: templates/, put here when verge is built.
#ifndef CLI_INIT_TEMPLATES_H_
#define CLI_INIT_TEMPLATES_H_

#include <span>
#include <string_view>

namespace verge::cli {

struct TemplateFile {
  std::string_view path;  // below the project's folder
  std::string_view text;  // NAME stands for the project's name
};

struct Template {
  std::string_view name;
  std::span<const TemplateFile> files;
};

extern const std::span<const Template> kTemplates;

}  // namespace verge::cli

#endif  // CLI_INIT_TEMPLATES_H_
