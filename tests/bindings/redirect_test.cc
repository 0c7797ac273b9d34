// What a redirect makes of a request (https://fetch.spec.whatwg.org/#http-redirect-fetch).
#include "bindings/fetch/redirect.h"

#include <gtest/gtest.h>

namespace verge::bindings {
namespace {

ada::url_aggregator Url(std::string_view text) { return *ada::parse<ada::url_aggregator>(text); }

RedirectTarget Follow(int status, std::string_view location, std::string_view from = "https://a.example/x/y?q#f",
                      std::string_view method = "GET") {
  auto target = FollowRedirect(status, location, Url(from), method);
  EXPECT_TRUE(target.has_value() && target->has_value()) << location;
  return target && *target ? **target : RedirectTarget{.url = Url("about:blank")};
}

TEST(Redirect, Statuses) {
  for (int status : {301, 302, 303, 307, 308}) EXPECT_TRUE(IsRedirectStatus(status)) << status;
  for (int status : {200, 300, 304, 305, 306, 309, 400}) EXPECT_FALSE(IsRedirectStatus(status)) << status;
}

TEST(Redirect, ResolvesAgainstTheUrlThatRedirects) {
  EXPECT_EQ(Follow(302, "z").url.get_href(), "https://a.example/x/z#f");
  EXPECT_EQ(Follow(302, "/z?1").url.get_href(), "https://a.example/z?1#f");
  EXPECT_EQ(Follow(302, "//b.example:8443/").url.get_href(), "https://b.example:8443/#f");
  EXPECT_EQ(Follow(302, "http://b.example").url.get_href(), "http://b.example/#f");
  EXPECT_EQ(Follow(302, "").url.get_href(), "https://a.example/x/y?q#f");
}

TEST(Redirect, FragmentOfTheLocationWins) {
  EXPECT_EQ(Follow(302, "/#new").url.get_hash(), "#new");
  EXPECT_EQ(Follow(302, "/", "https://a.example/").url.get_hash(), "");
}

TEST(Redirect, BytesBeyondAsciiAreEncoded) { EXPECT_EQ(Follow(302, "/\xc3\xa4\xff").url.get_pathname(), "/%C3%A4%FF"); }

TEST(Redirect, MethodAndBody) {
  const std::string_view from = "https://a.example/";
  EXPECT_TRUE(Follow(301, "/", from, "POST").drop_body);
  EXPECT_TRUE(Follow(302, "/", from, "POST").drop_body);
  EXPECT_FALSE(Follow(301, "/", from, "PUT").drop_body);
  EXPECT_TRUE(Follow(303, "/", from, "PUT").drop_body);
  EXPECT_FALSE(Follow(303, "/", from, "GET").drop_body);
  EXPECT_FALSE(Follow(303, "/", from, "HEAD").drop_body);
  EXPECT_FALSE(Follow(307, "/", from, "POST").drop_body);
  EXPECT_FALSE(Follow(308, "/", from, "POST").drop_body);
}

TEST(Redirect, CredentialsStayWithTheirOrigin) {
  EXPECT_FALSE(Follow(302, "/other").drop_credentials);
  EXPECT_TRUE(Follow(302, "https://b.example/").drop_credentials);
  EXPECT_TRUE(Follow(302, "https://a.example:8443/").drop_credentials);
  EXPECT_TRUE(Follow(302, "http://a.example/").drop_credentials) << "the scheme is part of the origin";
  EXPECT_TRUE(IsCredentialField("AUTHORIZATION"));
  EXPECT_TRUE(IsCredentialField("Cookie"));
  EXPECT_FALSE(IsCredentialField("X-Authorization"));
  EXPECT_TRUE(IsBodyField("Content-Type"));
  EXPECT_FALSE(IsBodyField("Accept"));
}

TEST(Redirect, UserAndPasswordAreNotTakenOver) {
  EXPECT_EQ(Follow(302, "https://user:secret@b.example/").url.get_href(), "https://b.example/#f");
}

TEST(Redirect, WhatCannotBeFollowed) {
  EXPECT_FALSE(FollowRedirect(302, "ftp://b.example/", Url("https://a.example/"), "GET"));
  EXPECT_FALSE(FollowRedirect(302, "data:,x", Url("https://a.example/"), "GET"));
  EXPECT_FALSE(FollowRedirect(302, "http://[", Url("https://a.example/"), "GET"));
  auto none = FollowRedirect(302, std::nullopt, Url("https://a.example/"), "GET");
  ASSERT_TRUE(none);
  EXPECT_FALSE(*none);
}

TEST(Redirect, Ports) {
  EXPECT_EQ(PortOf(Url("http://a/")), 80);
  EXPECT_EQ(PortOf(Url("https://a/")), 443);
  EXPECT_EQ(PortOf(Url("https://a:80/")), 80);
  EXPECT_EQ(PortOf(Url("http://a:65535/")), 65535);
}

}  // namespace
}  // namespace verge::bindings
