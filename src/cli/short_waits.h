// How long threads of the OpenMP team that we share with oneDNN spin while they wait for one another. Called first by the programs, never by
// libraries: what an application's threads do is the application's to say. It never changes what a user's environment says.
#pragma once

namespace burnish::cli {

/// Starts this program again with short waits, unless the environment says how to wait. libgomp reads that once, before `main`, and spins for
/// milliseconds by default: on cores that other processes use too, threads then burn the time that those they wait for would need.
/// Returns where nothing has to be done or it cannot be.
void wait_shortly(char** words);

}  // namespace burnish::cli
