// The file: URLs under which debuggers know a worker's sources.
#ifndef RUNTIME_FILE_URL_H_
#define RUNTIME_FILE_URL_H_

#include <string>
#include <string_view>

namespace verge::runtime {

// Of an absolute path; what may not stand in a URL's path is percent-encoded (RFC 8089, RFC 3986, 3.3).
std::string FileUrl(std::string_view path);

}  // namespace verge::runtime

#endif  // RUNTIME_FILE_URL_H_
