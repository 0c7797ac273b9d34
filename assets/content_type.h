// The media type of a file by its name.
#ifndef ASSETS_CONTENT_TYPE_H_
#define ASSETS_CONTENT_TYPE_H_

#include <string_view>

namespace verge::assets {

// "text/html; charset=utf-8"; "" when the extension is not known. Text has a charset.
std::string_view ContentTypeOf(std::string_view path);

}  // namespace verge::assets

#endif  // ASSETS_CONTENT_TYPE_H_
