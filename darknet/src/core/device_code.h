// Marks a function that runs on the host and, when nvcc compiles this file, on the GPU too.
#pragma once

#ifdef __CUDACC__
#define DN_HD __host__ __device__
#else
#define DN_HD
#endif
