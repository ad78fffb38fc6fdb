#include "brandiron/core/error.h"

namespace brandiron {

const char* error_code_name(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return "invalid-argument";
    case ErrorCode::kConfig:
      return "config";
    case ErrorCode::kIo:
      return "io";
    case ErrorCode::kFormat:
      return "format";
    case ErrorCode::kModel:
      return "model";
    case ErrorCode::kUnsupported:
      return "unsupported";
    case ErrorCode::kOutput:
      return "output";
    case ErrorCode::kRetry:
      return "retry";
    case ErrorCode::kInternal:
      return "internal";
  }
  return "internal";
}

int exit_code(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::kInvalidArgument:
    case ErrorCode::kConfig:
    case ErrorCode::kModel:
    case ErrorCode::kUnsupported:
      return 2;
    case ErrorCode::kIo:
    case ErrorCode::kFormat:
      return 3;
    case ErrorCode::kOutput:
      return 74;
    case ErrorCode::kRetry:
      return 75;
    case ErrorCode::kInternal:
      return 70;
  }
  return 70;
}

}  // namespace brandiron
