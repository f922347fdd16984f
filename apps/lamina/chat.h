// The subcommand chat.
#pragma once

#include "cli.h"

namespace lamina::cli {

/// `chat`: a conversation.
void add_chat(CLI::App& app, Action& action);

}  // namespace lamina::cli
