#include "cli/tls/own_certificate.h"

#include <fcntl.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <memory>

namespace verge::cli {
namespace {

namespace fs = std::filesystem;

// Browsers take certificates of at most 398 days.
constexpr long kSecondsOfValidity = 390L * 24 * 3600;  // NOLINT(google-runtime-int): as OpenSSL has it
constexpr int kDaysToSpare = 7;

struct Deleter {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using Key = std::unique_ptr<EVP_PKEY, Deleter>;
using Certificate = std::unique_ptr<X509, Deleter>;
using Bio = std::unique_ptr<BIO, Deleter>;

bool AddExtension(X509* certificate, int kind, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value);
  if (!extension) return false;
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

Certificate Sign(EVP_PKEY* key) {
  Certificate made(X509_new());
  X509* certificate = made.get();
  uint64_t serial = 0;
  if (!certificate || RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) != 1) return nullptr;
  X509_NAME* name = X509_get_subject_name(certificate);
  const bool done =
      X509_set_version(certificate, X509_VERSION_3) == 1 &&
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1) == 1 &&
      // Clocks that differ a little.
      X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) &&
      X509_gmtime_adj(X509_getm_notAfter(certificate), kSecondsOfValidity) &&
      X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("verge development"),
                                 -1, -1, 0) == 1 &&
      X509_set_issuer_name(certificate, name) == 1 && X509_set_pubkey(certificate, key) == 1 &&
      AddExtension(certificate, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1") &&
      AddExtension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
      AddExtension(certificate, NID_key_usage, "critical,digitalSignature") &&
      AddExtension(certificate, NID_ext_key_usage, "serverAuth") &&
      AddExtension(certificate, NID_subject_key_identifier, "hash") && X509_sign(certificate, key, EVP_sha256()) > 0;
  return done ? std::move(made) : nullptr;
}

// Whether what is kept can be used.
bool IsGood(const http::TlsCertificate& kept) {
  const Bio file(BIO_new_file(kept.certificate_file.c_str(), "r"));
  const Certificate certificate(file ? PEM_read_bio_X509(file.get(), nullptr, nullptr, nullptr) : nullptr);
  const Bio key_file(BIO_new_file(kept.key_file.c_str(), "r"));
  const Key key(key_file ? PEM_read_bio_PrivateKey(key_file.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate || !key || X509_check_private_key(certificate.get(), key.get()) != 1) return false;
  int days = 0;
  int seconds = 0;
  return ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate.get())) == 1 && days >= kDaysToSpare;
}

// In place of what is there at once, so that another program that starts now sees the whole of one.
std::expected<void, std::string> Write(const std::string& path, const Bio& content) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(content.get(), &data);  // NOLINT(google-runtime-int): as OpenSSL has it
  const std::string scratch = path + "." + std::to_string(::getpid());
  const int fd = ::open(scratch.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return std::unexpected(scratch + ": " + std::strerror(errno));
  const bool whole = ::write(fd, data, static_cast<size_t>(size)) == size;
  ::close(fd);
  if (!whole || ::rename(scratch.c_str(), path.c_str()) != 0)
    return std::unexpected(path + ": " + std::strerror(errno));
  return {};
}

}  // namespace

std::expected<http::TlsCertificate, std::string> OwnCertificate(const std::string& folder) {
  const fs::path place = fs::path(folder) / "tls";
  http::TlsCertificate out{(place / "cert.pem").string(), (place / "key.pem").string()};
  if (IsGood(out)) return out;
  std::error_code error;
  fs::create_directories(place, error);
  if (error) return std::unexpected(place.string() + ": " + error.message());
  fs::permissions(place, fs::perms::owner_all, error);
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate = key ? Sign(key.get()) : nullptr;
  const Bio certificate_text(BIO_new(BIO_s_mem()));
  const Bio key_text(BIO_new(BIO_s_mem()));
  if (!certificate || PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return std::unexpected("a certificate cannot be made");
  }
  if (auto written = Write(out.key_file, key_text); !written) return std::unexpected(written.error());
  if (auto written = Write(out.certificate_file, certificate_text); !written) return std::unexpected(written.error());
  return out;
}

}  // namespace verge::cli
