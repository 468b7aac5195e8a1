#include "base/parallel.h"

#include <omp.h>

namespace burnish {

int thread_count() { return omp_get_max_threads(); }
void set_thread_count(int count) { omp_set_num_threads(count < 1 ? 1 : count); }
int available_cores() { return omp_get_num_procs(); }

}  // namespace burnish
