// Redaction: e-mail addresses and numbers of telephones and cards are taken out of texts before these are
// kept.
#pragma once

#include <string>

namespace lamina {

/// The text with [email], [card] and [phone] in the place of
///   e-mail addresses:  NAME@HOST.DOMAIN, in letters and digits of any language;
///   card numbers:      13 to 19 digits, alone or in groups with spaces, dashes, commas, colons or other
///                      signs between, that Luhn's sum fits (ISO/IEC 7812);
///   phone numbers:     7 digits and more, alone or with what stands between them in telephone numbers:
///                      spaces, dashes, dots, slashes, brackets and underscores, a + in front. Dates
///                      (2026-11-27) stay.
/// Full-width digits and signs count as their usual forms. Everything else stays as it is; bytes that are no
/// UTF-8 become U+FFFD. It rather takes out too much than too little: an order's number of 10 digits goes,
/// too.
std::string redact(const std::string& text);

/// Whether the digits fit Luhn's sum, as those of all cards do. Throws InvalidArgument for other characters.
bool luhn_valid(const std::string& digits);

}  // namespace lamina
