#pragma once

namespace brandiron::app {

/// From now on SIGTERM (a queue's pre-emption) ends the process with 75 rather than 130: the same
/// command goes on where it was.
void retry_when_terminated();

}  // namespace brandiron::app
