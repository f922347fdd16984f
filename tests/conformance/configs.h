// Configurations of Keras's classes, read and written again for tests/conformance/configs.py.
#pragma once

#include <string>

/// Reads the JSON file `cases`, a list of {"kind": "layers", "object": what Keras serialised}, and writes the list `out`:
/// {"object": what Lamina writes of the object that it read}, or {"error": why it was refused}.
void read_configs(const std::string& cases, const std::string& out);
