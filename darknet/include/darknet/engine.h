/* The C ABI of the Darknet engine: load a network, compile a plan, run it, decode its heads.
 *
 * Every function that can fail returns a dn_status; the details of the last failure on the
 * calling thread are in dn_last_error(). Nothing here exits, aborts or prints.
 *
 * Threads: a dn_network may be used from any number of threads at once, except while weights are
 * loaded into it. A dn_plan is used by one thread at a time.
 *
 * Strings are UTF-8. Text returned through char** is freed with dn_text_free().
 */
#ifndef DARKNET_ENGINE_H
#define DARKNET_ENGINE_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define DN_API __declspec(dllexport)
#else
#define DN_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Raised whenever a structure or the meaning of a function here changes. */
#define DN_ABI_VERSION 1

typedef enum dn_status {
  DN_OK = 0,
  DN_ERROR_CFG = 1,      /* the network description is wrong */
  DN_ERROR_WEIGHTS = 2,  /* the weights file does not fit, or holds non-finite numbers */
  DN_ERROR_DATA = 3,     /* an image, tensor or side file is wrong */
  DN_ERROR_DEVICE = 4,   /* the device is missing or failed */
  DN_ERROR_MEMORY = 5,   /* out of memory */
  DN_ERROR_FILE = 6,     /* a file cannot be opened, read or written */
  DN_ERROR_ARGUMENT = 7, /* a value given by the caller is out of range */
  DN_ERROR_INTERNAL = 8, /* a defect of the engine */
  DN_ERROR_DIVERGED = 9  /* a loss, gradient or weight is no longer finite */
} dn_status;

typedef struct dn_error {
  dn_status status;
  int line;           /* line in file, or -1 */
  int layer;          /* index of the layer, or -1 */
  char file[1024];    /* empty where unknown */
  char section[64];   /* section type without brackets, empty where unknown */
  char message[2048]; /* one line: "file:line: [section] what is wrong, what was expected" */
} dn_error;

/* The last failure on this thread. Valid until the next failing call on it. */
DN_API const dn_error* dn_last_error(void);

DN_API int dn_abi_version(void);

/* How the engine was built and what this machine offers, as a JSON object: version, onednn,
 * openmp, cuda, bf16, int16_products (of mixed plans), isa, threads. */
DN_API dn_status dn_build_info(char** json);

DN_API void dn_text_free(char* text);

/* ---- network ------------------------------------------------------------------------------ */

typedef struct dn_network dn_network;

/* Parses a network description. name is used in messages and to find side files (tree=, map=)
 * beside it; it need not exist. */
DN_API dn_status dn_network_create(const char* cfg, size_t length, const char* name,
                                   dn_network** network);
DN_API void dn_network_destroy(dn_network* network);

typedef struct dn_weights_report {
  int32_t major, minor, revision;
  int32_t seen_bytes;    /* 4 or 8: the width of the counter in the header */
  uint64_t seen;         /* images the network was trained on */
  int32_t layers;        /* layers of the network that own weights */
  int32_t layers_loaded; /* of these, completely filled from the file */
  uint64_t bytes_expected;
  uint64_t bytes_found;
  uint64_t bytes_left; /* in the file behind the last weight */
} dn_weights_report;

/* Loads a .weights file. up_to < 0 expects all layers, else those with an index below up_to.
 * strict != 0: the size must fit exactly. strict == 0: a short file fills what it reaches, the
 * rest keeps its values; a long file's end is ignored. report may be NULL.
 * The file stays open: its numbers are read again when a plan is compiled. */
DN_API dn_status dn_network_load_weights(dn_network* network, const char* path, int up_to,
                                         int strict, dn_weights_report* report);

/* Writes a .weights file under a temporary name and renames it. up_to < 0 writes all layers. */
DN_API dn_status dn_network_save_weights(dn_network* network, const char* path, int up_to);

/* The network at an input size (0, 0: the cfg's) as a JSON object: options of [net], layers with
 * type, line, options, input and output shapes, parameters and operations, outputs, heads. */
DN_API dn_status dn_network_describe(dn_network* network, int width, int height, char** json);

/* Every section the engine knows with its keys, types, defaults and meanings, as JSON. */
DN_API dn_status dn_describe_sections(char** json);

/* ---- graph -------------------------------------------------------------------------------- */

/* What compiling does to the graph. */
#define DN_PASS_FOLD_BATCHNORM 1u
#define DN_PASS_FUSE_ACTIVATION 2u
#define DN_PASS_FUSE_SUM 4u
#define DN_PASS_ALIAS_CONCAT 8u
#define DN_PASS_REUSE_MEMORY 16u
#define DN_PASS_CHAIN 32u          /* runs convolutions that follow each other strip by strip */
#define DN_PASS_DELAY_UPSAMPLE 64u /* 1x1 convolutions before [upsample]; not with bf16 tensors */
#define DN_PASS_ALL 127u

typedef struct dn_graph dn_graph;

/* The graph of ops a network is lowered to, for walks from outside (export). */
DN_API dn_status dn_graph_create(dn_network* network, int width, int height, unsigned passes,
                                 dn_graph** graph);
DN_API void dn_graph_destroy(dn_graph* graph);

/* JSON object: values (c, h, w), nodes (op, attributes, inputs, output, layer, constants, post),
 * input, outputs (value, layer), layers (value of each layer). */
DN_API dn_status dn_graph_describe(dn_graph* graph, char** json);

/* Copies constant number index of a node (as listed by dn_graph_describe) into out. */
DN_API dn_status dn_graph_constant(dn_graph* graph, int node, int index, float* out, size_t size);

/* ---- plan --------------------------------------------------------------------------------- */

typedef enum dn_precision {
  /* bf16 where the processor has it in hardware and the network no depthwise convolutions, whose
     rounding shows in the boxes. Else f32, but that 1x1 convolutions multiply 16-bit integers where
     the processor has AVX512-VNNI: "mixed" */
  DN_PRECISION_AUTO = 0,
  DN_PRECISION_F32 = 1,
  DN_PRECISION_BF16 = 2
} dn_precision;

typedef enum dn_backend {
  DN_BACKEND_AUTO = 0,     /* the fastest that is built in */
  DN_BACKEND_PORTABLE = 1, /* the engine's own kernels, no library */
  DN_BACKEND_REFERENCE = 2 /* the readable op functors alone: slow, the oracle of the others */
} dn_backend;

typedef struct dn_plan_options {
  int width, height; /* network input size; 0, 0: the cfg's */
  int batch;         /* images of one run, >= 1 */
  int threads;       /* to 1024; 0: one per processor, OMP_NUM_THREADS at most */
  dn_precision precision;
  dn_backend backend;
  unsigned passes; /* DN_PASS_*; with 0 every layer's output can be read */
} dn_plan_options;

typedef struct dn_plan dn_plan;

DN_API dn_status dn_plan_create(dn_network* network, const dn_plan_options* options,
                                dn_plan** plan);
DN_API void dn_plan_destroy(dn_plan* plan);

/* JSON object: backend, precision, threads, bytes of activations and weights, steps (kernel,
 * precision, layer, shapes, operations and, after dn_plan_profile, milliseconds). A step's
 * precision is "f32", "bf16" (tensors are bf16) or "mixed" (tensors are f32, the factors of its
 * products are scaled to 16-bit integers); the plan's is "mixed" where a step's is and no tensor
 * is bf16. */
DN_API dn_status dn_plan_describe(dn_plan* plan, char** json);

/* 8-bit pixels, interleaved; rows may be apart by more than their length. */
typedef struct dn_image {
  const uint8_t* data;
  int width, height;
  int channels;      /* must be the network's */
  int64_t row_bytes; /* from one row to the next */
  int bgr;           /* with 3 or 4 channels: blue first */
} dn_image;

typedef enum dn_resize {
  DN_RESIZE_STRETCH = 0,  /* Darknet's resize_image: each axis on its own, corner aligned */
  DN_RESIZE_LETTERBOX = 1 /* aspect ratio kept, grey (0.5) bars */
} dn_resize;

/* Resizes an image into slot [0, batch) of the plan's input, as planes of 0..1. */
DN_API dn_status dn_plan_set_image(dn_plan* plan, int slot, const dn_image* image,
                                   dn_resize resize);

/* Runs the plan on the images that were set. */
DN_API dn_status dn_plan_run(dn_plan* plan);

/* Runs it on a float32 (batch, channels, height, width) array instead, which is read where it
 * lies. */
DN_API dn_status dn_plan_run_on(dn_plan* plan, const float* input, size_t size);

/* Recurrent layers keep their state from run to run; this makes it 0 for one image of the batch, or
 * for all where slot is negative. */
DN_API dn_status dn_plan_reset_state(dn_plan* plan, int slot);

/* Runs the plan with a clock around every step; the times are in dn_plan_describe(). */
DN_API dn_status dn_plan_profile(dn_plan* plan, int repeat);

/* Copies an output layer (numbered in network order) of all images, NCHW, into out. */
DN_API dn_status dn_plan_output(dn_plan* plan, int index, float* out, size_t size);

/* Copies any layer's output. Needs a plan without passes. */
DN_API dn_status dn_plan_layer_output(dn_plan* plan, int layer, float* out, size_t size);

/* ---- training data ------------------------------------------------------------------------ */

/* Several images become one. For classifiers the labels are mixed as well. */
typedef enum dn_mix {
  DN_MIX_NONE = 0,
  DN_MIX_MIXUP = 1,  /* the mean of two */
  DN_MIX_CUTMIX = 2, /* classifiers: a part of the second in the first */
  DN_MIX_MOSAIC = 3, /* four around a point */
  DN_MIX_CUTMIX_OR_MOSAIC = 4
} dn_mix;

/* What is done to training images: the cfg's keys, by their names. Everything random depends on
 * the seed and the number of the image alone. */
typedef struct dn_augment {
  uint64_t seed;
  int batch; /* images of one update */
  int loads; /* parts of an update that decide about mixing on their own (Darknet: its loader
                threads) */
  dn_mix mix;
  int flip;
  float hue, saturation, exposure; /* 0, 1, 1: left alone */
  int blur;                        /* 0: none; detectors: 1 outside the boxes, else kernel size */
  /* detectors */
  float jitter, resize; /* 0, 1: left alone */
  int letter_box, mosaic_bound;
  int gaussian_noise; /* standard deviation, of 255 */
  int track, time_lines, augment_speed;
  int contrastive, contrastive_jit_flip, contrastive_color;
  /* classifiers */
  float angle, aspect;    /* degrees; 0, 1: left alone */
  int min_crop, max_crop; /* shorter side before the crop, pixels */
  int center;             /* instead of a crop, the largest square in the middle */
} dn_augment;

/* A labelled object: centre and size relative to the image. */
typedef struct dn_box {
  float x, y, w, h;
  int32_t class_id;
  int32_t track_id; /* the same in every view of the object */
} dn_box;

/* An image of the list with its labels. */
typedef struct dn_source {
  dn_image image;
  const dn_box* boxes; /* detectors */
  int box_count;
  const float* label; /* classifiers: one number for each class */
} dn_source;

/* How a detector's source is looked at. */
typedef struct dn_view {
  int left, right, top, bottom; /* cut off its sides, pixels; < 0: added, in its mean colour */
  int flip;
  float hue, saturation, exposure;
  int blur, noise; /* as blur and gaussian_noise of dn_augment; 0: none */
} dn_view;

/* Numbers of one truth record: x, y, w, h, class, track. A list ends where x is 0. */
#define DN_TRUTH_SIZE 6

/* How many images of the list become image number `image`: 1, 2 or 4. */
DN_API dn_status dn_augment_tiles(const dn_augment* settings, int64_t image, int* tiles);

/* Which of a list of `images` is the source of a tile; attempt > 0 chooses another one where
 * that cannot be read. */
DN_API dn_status dn_augment_source(const dn_augment* settings, int64_t image, int tile, int attempt,
                                   int64_t images, int64_t* source);

/* How dn_augment_detection looks at a tile's source of a size, for a network's input of a size. */
DN_API dn_status dn_augment_view(const dn_augment* settings, int64_t image, int tile,
                                 int source_width, int source_height, int width, int height,
                                 dn_view* view);

/* Makes image number `image` out of its sources: planes of 0..1 (channels, height, width), and
 * max_boxes truth records. Boxes of a class that is not below classes are left out. */
DN_API dn_status dn_augment_detection(const dn_augment* settings, int64_t image,
                                      const dn_source* sources, int tiles, int width, int height,
                                      int channels, int classes, int max_boxes, float* input,
                                      float* truth);

/* Makes a classifier's image out of its sources; truth gets the (mixed) labels. */
DN_API dn_status dn_augment_classification(const dn_augment* settings, int64_t image,
                                           const dn_source* sources, int tiles, int width,
                                           int height, int channels, int classes, float* input,
                                           float* truth);

/* An image as detection sees it, without augmentation: planes (channels, height, width). */
DN_API dn_status dn_image_input(const dn_image* image, dn_resize resize, int width, int height,
                                float* input);

/* Where those boxes lie after dn_image_input: max_boxes truth records, as many as there is room
 * for; none is dropped for being small. */
DN_API dn_status dn_box_truth(const dn_box* boxes, int count, int image_width, int image_height,
                              dn_resize resize, int width, int height, int max_boxes, float* truth);

/* ---- detection ---------------------------------------------------------------------------- */

typedef enum dn_nms_kind {
  DN_NMS_HEAD = -1,   /* what the cfg's last head says */
  DN_NMS_DEFAULT = 0, /* IoU */
  DN_NMS_GREEDY = 1,  /* DIoU with exponent 0.6 (Darknet's greedynms) */
  DN_NMS_DIOU = 2,    /* DIoU with exponent beta_nms */
  DN_NMS_CORNERS = 3, /* IoU */
  DN_NMS_NONE = 4
} dn_nms_kind;

typedef struct dn_detect_options {
  float threshold; /* confidence a detection must exceed, 0..1 */
  float nms;       /* overlap above which the weaker of two boxes of a class goes, 0..1 */
  float hier;      /* threshold of a class hierarchy (tree=), 0..1 */
  dn_nms_kind nms_kind;
  dn_resize resize; /* how the image was put into its slot */
  int image_width, image_height;
} dn_detect_options;

/* One class of one box. The box is relative to the image: centre, width, height; not clipped. */
typedef struct dn_detection {
  float x, y, w, h;
  float objectness;
  float confidence;
  float uncertainty[4]; /* of x, y, w, h: Gaussian_yolo only, else 0 */
  int32_t class_id;
  int32_t box; /* detections with the same number are classes of one box */
} dn_detection;

/* Decodes the heads for one slot after a run, in Darknet's order. *detections is freed with
 * dn_detections_free(). */
DN_API dn_status dn_plan_detect(dn_plan* plan, int slot, const dn_detect_options* options,
                                dn_detection** detections, int* count);
DN_API void dn_detections_free(dn_detection* detections);

/* ---- training ----------------------------------------------------------------------------- */

typedef struct dn_trainer_options {
  int width, height; /* network input size; 0, 0: the cfg's */
  int threads;       /* 0: as above */
  uint64_t seed;     /* of dropout and the policy random: same seed, same machine, same numbers */
  int frozen_below;  /* layers below this index are not updated; 0: none */
  int keep_all;      /* every layer's output and delta can be read */
  int input_delta;   /* the input's delta can be read (layer -1) */
  dn_backend backend;
  /* bf16: what dense convolutions multiply, forward and backward, is rounded to bfloat16; sums,
     tensors and all else stay f32. Needs AVX512-BF16 (DN_ERROR_DEVICE). auto is f32. */
  dn_precision precision;
  /* outputs that take little time (all but those of convolutions, pools and sums) are not kept for
     backward but made again: less memory, the same numbers. Not with keep_all. */
  int recompute;
} dn_trainer_options;

/* Trains a network: its own copy of the weights, the optimiser's memories and a plan for one
 * mini-batch of batch/subdivisions images (times time_steps). The network must outlive it. A
 * dn_trainer is used by one thread at a time; plans of its network may run at the same time,
 * except while dn_trainer_store() works. */
typedef struct dn_trainer dn_trainer;

/* Draws the weights that were not loaded from a seed: before dn_trainer_create(). */
DN_API dn_status dn_network_seed(dn_network* network, uint64_t seed);

DN_API dn_status dn_trainer_create(dn_network* network, const dn_trainer_options* options,
                                   dn_trainer** trainer);
DN_API void dn_trainer_destroy(dn_trainer* trainer);

/* JSON object: batch (images of a mini-batch), subdivisions, time_steps, max_batches, input (c, h,
 * w), truths (numbers of one image's truth), backend, precision, activation_bytes, threads, heads
 * (layer, type, cost and parts of the last mini-batch), steps (kernel, layer, output and, after
 * dn_trainer_profile, milliseconds forward and backward). */
DN_API dn_status dn_trainer_describe(dn_trainer* trainer, char** json);

/* on != 0: every run from here on has a clock beside each step; the mean times of the runs since
 * then are in dn_trainer_describe(). */
DN_API dn_status dn_trainer_profile(dn_trainer* trainer, int on);

/* Another input size from here on; 0, 0: the cfg's. batch: images of a mini-batch, 0: the cfg's. */
DN_API dn_status dn_trainer_resize(dn_trainer* trainer, int width, int height, int batch);

/* Copies the input of a mini-batch, (batch, channels, height, width); recurrent: time-major. */
DN_API dn_status dn_trainer_set_input(dn_trainer* trainer, const float* input, size_t size);
/* Copies its truth, truths numbers for each image, as the heads take it. */
DN_API dn_status dn_trainer_set_truth(dn_trainer* trainer, const float* truth, size_t size);

/* Forward and backward of one mini-batch; gradients are added. cost: per image; may be NULL.
 * DN_ERROR_DIVERGED, with the layer, where it is not finite. */
DN_API dn_status dn_trainer_run(dn_trainer* trainer, double* cost);

/* One update from the mini-batches since the last one. loss: their mean cost per image; may be
 * NULL. DN_ERROR_DIVERGED, with the layer and nothing changed, where a gradient is not finite. */
DN_API dn_status dn_trainer_update(dn_trainer* trainer, double* loss);

/* The learning rate of the last update; before the first, of the first. */
DN_API dn_status dn_trainer_rate(dn_trainer* trainer, float* rate);

/* Updates done, and images trained on. Setting seen sets the iteration too. */
DN_API dn_status dn_trainer_iteration(dn_trainer* trainer, int64_t* iteration, uint64_t* seen);
DN_API dn_status dn_trainer_set_seen(dn_trainer* trainer, uint64_t seen);

/* Copies a layer's output in the last mini-batch, all images (keep_all). */
DN_API dn_status dn_trainer_layer_output(dn_trainer* trainer, int layer, float* out, size_t size);

/* Copies a delta of the last mini-batch, the negative gradient of the cost: a head's at any time,
 * other layers' with keep_all, the input's (layer -1) with input_delta. */
DN_API dn_status dn_trainer_layer_delta(dn_trainer* trainer, int layer, float* out, size_t size);

/* A loss of the caller's own (keep_all): this delta is added to that of a layer's output in every
 * run from here on; size 0: no longer. */
DN_API dn_status dn_trainer_set_delta(dn_trainer* trainer, int layer, const float* from,
                                      size_t size);

/* Recurrent layers whose state goes on from mini-batch to mini-batch ([gru], [lstm], [conv_lstm],
 * [history]): makes it 0 for one stream (of batch / time_steps), or for all where it is negative.
 */
DN_API dn_status dn_trainer_reset_state(dn_trainer* trainer, int stream);

/* Copies array number index of a layer (in the order of dn_network_describe), or the sum of its
 * negative gradients since the last update (with what momentum left of those before). */
DN_API dn_status dn_trainer_value(dn_trainer* trainer, int layer, int index, float* out,
                                  size_t size);
DN_API dn_status dn_trainer_gradient(dn_trainer* trainer, int layer, int index, float* out,
                                     size_t size);
DN_API dn_status dn_trainer_set_value(dn_trainer* trainer, int layer, int index, const float* from,
                                      size_t size);

/* Gives the weights and the counter of images to the network, for plans that are made afterwards
 * and for dn_network_save_weights(). average != 0: the moving average of the weights (ema_alpha)
 * where there is one. */
DN_API dn_status dn_trainer_store(dn_trainer* trainer, int average);

/* Reads the network's weights and counter again; the optimiser forgets. */
DN_API dn_status dn_trainer_reload(dn_trainer* trainer);

/* All that a training goes on from: weights, momentum, Adam, moving average, counters, seed and
 * what recurrent layers remember. Written under a temporary name and renamed. Loading changes
 * nothing where it fails. */
DN_API dn_status dn_trainer_save_state(dn_trainer* trainer, const char* path);
DN_API dn_status dn_trainer_load_state(dn_trainer* trainer, const char* path);

#ifdef __cplusplus
}
#endif

#endif /* DARKNET_ENGINE_H */
