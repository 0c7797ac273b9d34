#include "bindings/url/url_parts.h"

#include <ada.h>
#include <gtest/gtest.h>

#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace verge::bindings {
namespace {

std::string_view Cut(const UrlParts& parts, UrlPart part, std::string_view href) {
  UrlParts::Range range = parts.Find(part, static_cast<uint32_t>(href.size()));
  return href.substr(range.begin, range.end - range.begin);
}

void ExpectParts(std::string_view input) {
  SCOPED_TRACE(input);
  auto url = ada::parse<ada::url_aggregator>(input);
  ASSERT_TRUE(url);
  std::string_view href = url->get_href();
  UrlParts::Words words = UrlParts(*url).Pack();
  for (void* word : words) EXPECT_EQ(reinterpret_cast<uintptr_t>(word) & 1, 0u);
  UrlParts parts(words);
  EXPECT_EQ(Cut(parts, UrlPart::kProtocol, href), url->get_protocol());
  EXPECT_EQ(Cut(parts, UrlPart::kUsername, href), url->get_username());
  EXPECT_EQ(Cut(parts, UrlPart::kPassword, href), url->get_password());
  EXPECT_EQ(Cut(parts, UrlPart::kHost, href), url->get_host());
  EXPECT_EQ(Cut(parts, UrlPart::kHostname, href), url->get_hostname());
  EXPECT_EQ(Cut(parts, UrlPart::kPort, href), url->get_port());
  EXPECT_EQ(Cut(parts, UrlPart::kPathname, href), url->get_pathname());
  EXPECT_EQ(Cut(parts, UrlPart::kSearch, href), url->get_search());
  EXPECT_EQ(Cut(parts, UrlPart::kHash, href), url->get_hash());
  if (parts.has_tuple_origin() && !parts.has_credentials()) {
    EXPECT_EQ(href.substr(0, parts.Find(UrlPart::kPathname, static_cast<uint32_t>(href.size())).begin),
              url->get_origin());
  } else if (!parts.has_tuple_origin() && !href.starts_with("blob:")) {
    EXPECT_EQ(url->get_origin(), "null");
  }

  // What a URL object relies on: its serialization parses to itself.
  auto again = ada::parse<ada::url_aggregator>(href);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->get_href(), href);
}

TEST(UrlParts, AgreeWithTheParser) {
  std::vector<std::string> inputs = {
      "mailto:someone@example.org",
      "data:text/plain,hello?a#b",
      "javascript:1",
      "urn:isbn:0-486-27557-4",
      "web+demo:/.//not-a-host/",
      "foo:/bar",
      "foo://",
      "foo:///p",

      "foo:",
      "about:blank",
      "file:///etc/passwd",
      "file://server/share",
      "file:///",
      "file:c:\\x",
      "blob:https://example.org/uuid",
      "blob:x",
      "non-special://u:p@h:1/p",
      "https://[::1]:81/",
      "https://1.2.3",
      "data:   spaces   ",
      "data:x  ?q",
      "data:x  #h",
      "a:b\xC3\xA9",
  };
  for (std::string scheme : {"https://", "http://", "ws://", "ftp://", "custom://"}) {
    for (std::string credentials : {"", "user@", "user:@", "user:pass@", ":pass@", "u%40:p%3A@"}) {
      for (std::string port : {"", ":8080", ":443", ":80"}) {
        for (std::string path : {"", "/", "/a/../b", "//", "/%2e%2e/x"}) {
          for (std::string tail : {"", "?", "?q=1", "#", "#h", "?#", "?q#h", "?a?b#c#d"}) {
            inputs.push_back(scheme + credentials + "example.org" + port + path + tail);
          }
        }
      }
    }
  }
  for (const std::string& input : inputs) ExpectParts(input);
}

// Whatever OfNormalized accepts, the parser leaves as it is and splits in the same way.
void ExpectAgreement(std::string_view input, bool* accepted = nullptr) {
  SCOPED_TRACE(input);
  auto parts = UrlParts::OfNormalized(input);
  if (accepted) *accepted = parts.has_value();
  if (!parts) return;
  auto url = ada::parse<ada::url_aggregator>(input);
  ASSERT_TRUE(url);
  EXPECT_EQ(url->get_href(), input);
  EXPECT_EQ(parts->Pack(), UrlParts(*url).Pack());
}

TEST(UrlParts, NormalizedUrlsNeedNoParser) {
  for (std::string_view input : {"http://127.0.0.1:8787/", "https://example.org/a/b.html?q=1&r=/../x",
                                 "http://a-b.example/", "http://localhost/x%41", "http://h/..a", "http://h/a..",
                                 "http://h:1/?", "https://h:80/", "http://h:443/", "http://0.0.0.0/"}) {
    bool accepted = false;
    ExpectAgreement(input, &accepted);
    bool dots = input.find("/..a") != std::string_view::npos;
    EXPECT_EQ(accepted, !dots) << input;
  }
}

TEST(UrlParts, WhatIsNotPlainlyNormalIsLeftToTheParser) {
  for (std::string_view input : {"",
                                 "http",
                                 "http:",
                                 "http:/",
                                 "http://",
                                 "http:///",
                                 "http://h",
                                 "http://H/",
                                 "http://h:80/",
                                 "https://h:443/",
                                 "http://h:01/",
                                 "http://h:65536/",
                                 "http://h:/",
                                 "http://u@h/",
                                 "http://h/../",
                                 "http://h/./",
                                 "http://h/a/.",
                                 "http://h/%2e%2E/",
                                 "http://h/a b",
                                 "http://h/#x",
                                 "http://h/?a'b",
                                 "http://h/\\x",
                                 "http://1.2.3/",
                                 "http://1/",
                                 "http://0x7f.1/",
                                 "http://a.0x1/",
                                 "http://256.1.1.1/",
                                 "http://01.1.1.1/",
                                 "http://1.1.1.1.1/",
                                 "http://xn--a/",
                                 "http://a.xn--b/",
                                 "http://a..b/",
                                 "http://.a/",
                                 "http://a./",
                                 "http://[::1]/",
                                 "HTTP://h/",
                                 "ftp://h/",
                                 "http://h/\xc3\xa9",
                                 "http://h/\x7f",
                                 "http://h/\t",
                                 "http://h_x/",
                                 "http://1a/"}) {
    EXPECT_FALSE(UrlParts::OfNormalized(input)) << input;
  }
}

TEST(UrlParts, NormalizedAgreesWithTheParserOnRandomInput) {
  std::mt19937 random(20261123);
  constexpr std::string_view kPieces[] = {
      "http://", "https://", "a",   "b9",        "-", ".",   "..",   "/", "//",  ":",         ":8080",      ":80",
      "?",       "%2e",      "%41", "127.0.0.1", "1", "0x1", "xn--", "@", "#",   "=",         "&",          "Z",
      "~",       "'",        "^",   "|",         "{", "\\",  " ",    "%", "443", "localhost", "example.org"};
  int accepted_count = 0;
  for (int round = 0; round < 200'000; ++round) {
    std::string input = random() % 2 ? "http://" : "https://";
    for (size_t n = random() % 8 + 1; n > 0; --n) input += kPieces[random() % std::size(kPieces)];
    bool accepted = false;
    ExpectAgreement(input, &accepted);
    accepted_count += accepted;
    if (testing::Test::HasFailure()) return;
  }
  EXPECT_GT(accepted_count, 1000);
}

}  // namespace
}  // namespace verge::bindings
