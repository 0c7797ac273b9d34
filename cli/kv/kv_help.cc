// The help pages of `verge kv`.
#include <format>
#include <string>
#include <string_view>

#include "cli/kv/kv_options.h"

namespace verge::cli {
namespace {

constexpr std::string_view kNamespaceOptions =
    "      --binding NAME       the namespace's name in the worker's env, as the\n"
    "                           configuration has it\n"
    "      --namespace-id ID    the namespace's id; needs no configuration\n"
    "      --preview            of a binding with two ids, the preview_id\n";

constexpr std::string_view kCommonOptions =
    "  -c, --config PATH        configuration, script or folder of the worker.\n"
    "                           Default: the current directory\n"
    "  -e, --env NAME           environment of the configuration\n"
    "      --worker NAME        one of the workers of a verge.toml\n"
    "      --data, --persist-to DIR\n"
    "                           folder for what workers store. Default: .verge/state\n"
    "                           beside the configuration\n"
    "  -h, --help               show this help and exit\n";

struct Page {
  KvCommand command;
  std::string_view usage;
  std::string_view purpose;
  std::string_view options;
  std::string_view example;
};

constexpr Page kPages[] = {
    {KvCommand::kKeyPut, "key put KEY [VALUE]", "Writes one value. It is on the disk when the command ends.",
     "      --path FILE          the value is what FILE has; - is standard input\n"
     "      --ttl SECONDS        forget it after so long, at least 60\n"
     "      --expiration TIME    forget it then: seconds since the UNIX epoch\n"
     "      --metadata JSON      an object to keep beside it\n",
     "verge kv key put greeting Hello --binding NOTES --ttl 3600"},
    {KvCommand::kKeyGet, "key get KEY",
     "Writes a value to standard output, byte for byte. Exit code 1 when there is none.",
     "      --text               as text, with a newline behind it\n",
     "verge kv key get greeting --binding NOTES --text"},
    {KvCommand::kKeyList, "key list", "Lists keys in the order of their UTF-8 bytes, as JSON.",
     "      --prefix TEXT        only keys that begin with it\n", "verge kv key list --binding NOTES --prefix user/"},
    {KvCommand::kKeyDelete, "key delete KEY", "Removes a key, if it is there.", "",
     "verge kv key delete greeting --binding NOTES"},
    {KvCommand::kBulkPut, "bulk put FILE",
     "Writes what a JSON file has: an array of objects with `key` and `value`, and\n"
     "optionally `expiration`, `expiration_ttl`, `metadata` and `base64` (true: the\n"
     "value is base64). Nothing is written when the file has an error.",
     "", "verge kv bulk put values.json --binding NOTES"},
    {KvCommand::kBulkGet, "bulk get FILE",
     "Reads the keys of a JSON file, an array of strings or of objects with `name`\n"
     "(as `key list` writes them), and writes them as JSON.",
     "", "verge kv bulk get keys.json --binding NOTES"},
    {KvCommand::kBulkDelete, "bulk delete FILE",
     "Removes the keys of a JSON file, an array of strings or of objects with `name`.",
     "  -f, --force              do not ask on a terminal\n", "verge kv bulk delete keys.json --binding NOTES --force"},
    {KvCommand::kNamespaceList, "namespace list",
     "Lists the namespaces of the configuration and of the data folder, as JSON.", "", "verge kv namespace list"},
};

std::string Overview() {
  std::string out =
      "Reads and writes the KV namespaces of workers, also while `verge serve` or\n"
      "`verge dev` runs with them: what is written here is seen by the next get().\n"
      "\n"
      "Usage: verge kv COMMAND [OPTIONS]\n"
      "\n"
      "Commands:\n";
  for (const Page& page : kPages) out += std::format("  verge kv {}\n", page.usage);
  out += "\nOptions:\n";
  out += kNamespaceOptions;
  out += kCommonOptions;
  out += "\nExamples:\n";
  for (const Page& page : kPages) out += std::format("  {}\n", page.example);
  return out;
}

}  // namespace

std::string KvHelp(KvCommand about) {
  for (const Page& page : kPages) {
    if (page.command != about) continue;
    std::string out = std::format("{}\n\nUsage: verge kv {} [OPTIONS]\n\nOptions:\n", page.purpose, page.usage);
    if (about != KvCommand::kNamespaceList) out += kNamespaceOptions;
    out += page.options;
    out += kCommonOptions;
    out += std::format("\nExample:\n  {}\n", page.example);
    out +=
        "\nExit codes:\n  0  it did what it was asked to\n  1  it could not: no such value, a full disk, a damaged "
        "file\n"
        "  2  a wrong command line or configuration\n";
    return out;
  }
  return Overview();
}

}  // namespace verge::cli
