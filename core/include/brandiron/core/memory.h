#pragma once

namespace brandiron {

/// For a program that makes one song after another: memory that is given back stays with the
/// process for the next use, instead of going to the system and coming back page by page, cleared.
/// A song takes and returns about a gigabyte, at most some 600 MB at a time; on a virtual machine
/// fetching it again costs as much as making the song. Call it once, before threads. Does nothing
/// without glibc.
void keep_freed_memory();

}  // namespace brandiron
