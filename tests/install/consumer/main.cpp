// The consumer's program: one call through the installed headers and library.
#include <lamina/lamina.h>

#include <cstdio>

int main() {
  const lamina::Shape shape = lamina::broadcast({4, 1, 3}, {5, 1});
  std::printf("%s\n", shape.str().c_str());
  return shape.size() == 60 ? 0 : 1;
}
