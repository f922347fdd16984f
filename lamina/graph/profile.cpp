// Printing of kernel times.
#include "lamina/graph/profile.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace lamina::detail {

bool Profile::wanted() {
  const char* debug = std::getenv("LAMINA_DEBUG");
  return debug && std::strstr(debug, "profile");
}

Profile::~Profile() {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.total_us > b.total_us; });
  double total = 0, least = 0;
  for (const Entry& entry : entries_) {
    if (entry.runs < 2) return;
    total += entry.total_us / static_cast<double>(entry.runs);
    least += entry.least_us;
  }
  std::fprintf(stderr, "%10s %10s  kernel (%zu kernels, mean %.1f us, sum of minima %.1f us)\n", "mean us",
               "min us", entries_.size(), total, least);
  for (const Entry& entry : entries_) {
    std::fprintf(stderr, "%10.2f %10.2f  %s\n", entry.total_us / static_cast<double>(entry.runs),
                 entry.least_us, entry.name.c_str());
  }
}

}  // namespace lamina::detail
