// How a Winograd convolution is cut: blocks of tiles, and where their coefficients lie.
#pragma once

#include "register_tile.h"
#include "winograd_transforms.h"

namespace dn::cpu::DN_ISA {

constexpr int64_t kWeightBuffer = 288 << 10;  // bytes of transformed weights at a time
constexpr int64_t kSharedInput = 2 << 20;     // bytes of transformed input in a shared block
constexpr int64_t kOwnInput = 768 << 10;      // and in a block of one thread

constexpr int kMostFrequencies = 81;

struct WinogradGeometry {
  ConvShape s;
  int blocks, last_count;  // input channel blocks, channels in the last
  int k_padded, k_tiles;   // output channels, register tiles of them
  int tile_rows, tile_columns, tiles;
  bool keep_kernels;  // weights are packed as kernels and transformed in every run
  int block_chunk;    // channel blocks summed at a time
  bool share_input;   // threads share the tiles and split the output channels
  int block_tiles;    // most tiles in a block
  int depth;          // words of channels
  int64_t input_floats, product_floats, weight_floats;  // the first and last: words
};

template <class W>
WinogradGeometry geometry_of(const ConvDesc& d, int threads) {
  constexpr int frequencies = W::kFrequencies * W::kFrequencies;
  constexpr int weights = W::kWeights * W::kWeights;
  WinogradGeometry g;
  const ConvShape& s = g.s = d.shape;
  g.blocks = ceil_div(s.c, kBlock);
  g.last_count = ceil_div(s.c - (g.blocks - 1) * kBlock, kPerWord);
  g.depth = (g.blocks - 1) * kWords + g.last_count;
  g.k_padded = round_up(s.k, kBlock);
  g.k_tiles = ceil_div(g.k_padded, kTileChannels);
  g.tile_rows = ceil_div(s.oh, W::kOutputs);
  g.tile_columns = ceil_div(s.ow, W::kOutputs);
  g.tiles = s.n * g.tile_rows * g.tile_columns;

  const int64_t tile_bytes = 4LL * frequencies * g.blocks * kWords;
  const int64_t weight_bytes = 4LL * weights * g.depth * g.k_padded;
  g.keep_kernels = weight_bytes > kKeptTransformed;
  const int64_t weight_block_bytes = 4LL * weights * kWords * kTileChannels;
  g.block_chunk =
      g.keep_kernels ? (int)most<int64_t>(1, kWeightBuffer / weight_block_bytes) : g.blocks;
  g.weight_floats = g.keep_kernels ? g.block_chunk * weight_block_bytes / 4 : 0;
  g.share_input = g.keep_kernels && g.k_tiles >= threads;
  const int64_t budget = g.share_input ? kSharedInput : kOwnInput;
  const int most_tiles = (int)most<int64_t>(kTilePixels, budget / tile_bytes);
  const int parts = g.share_input ? 1 : threads;
  const int own = ceil_div(g.tiles, parts);  // tiles of the thread with the most
  g.block_tiles = ceil_div(own, ceil_div(own, most_tiles));
  const int64_t tile_floats = (int64_t)frequencies * kBlock * g.block_tiles;
  g.input_floats = (g.blocks * tile_floats / kPerWord + 15) / 16 * 16 + 2 * weights * kBlock;
  g.product_floats = kTileChannels / kBlock * tile_floats + 2 * weights * kBlock;
  return g;
}

// Where the coefficients of a block of `count` tiles are. Frequencies that meet the same weight
// follow each other: for each weight [channel block][frequency][tile][16 floats, or their words].
struct WinogradLayout {
  int64_t first[kMostFrequencies];  // of each weight
  int pixels[kMostFrequencies];     // tiles of all its frequencies
  int64_t at[kMostFrequencies];     // of each frequency, in channel block 0
  int64_t step[kMostFrequencies];   // of each frequency, to the next channel block
};

template <class W>
void lay_out(int blocks, int count, int pixel, WinogradLayout* layout) {
  constexpr int F = W::kFrequencies, weights = W::kWeights * W::kWeights;
  int weight_of[F * F], before[F * F];  // the weight of a frequency; frequencies before it there
  for (int w = 0; w < weights; ++w) layout->pixels[w] = 0;
  for (int f = 0; f < F * F; ++f) {
    const int w = weight_of[f] = W::weight_of(f / F) * W::kWeights + W::weight_of(f % F);
    before[f] = layout->pixels[w];
    layout->pixels[w] += count;
  }
  int64_t next = 0;
  for (int w = 0; w < weights; ++w) {
    layout->first[w] = next;
    next += (int64_t)blocks * layout->pixels[w] * pixel;
    // An odd number of cache lines, so that the frequencies of a tile do not share a cache set.
    next = (next + kBlock - 1) / kBlock * kBlock;
    if (next / kBlock % 2 == w % 2) next += kBlock;
  }
  for (int f = 0; f < F * F; ++f) {
    layout->at[f] = layout->first[weight_of[f]] + before[f] * pixel;
    layout->step[f] = (int64_t)layout->pixels[weight_of[f]] * pixel;
  }
}

}  // namespace dn::cpu::DN_ISA
