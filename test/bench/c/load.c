// Load generator. Sends a prebuilt request frame over and over on one connection, on the command line and with the output of
// load-generator.ts beside it, which does the same where there is no C compiler.
//
//   load produce PORT FRAME COUNT DEPTH RATE    RATE requests/s whatever the answers do; 0: always DEPTH unanswered
//   load fetch   PORT FRAME OFFSET_AT BYTES     one request after the other from offset 0 on, until BYTES of records came
//
// Frames are Produce version 7 and Fetch version 11, one topic, one partition. Prints one line of JSON.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static uint8_t answer[64 << 20];

static void fail(const char *what) {
  fprintf(stderr, "load: %s\n", what);
  exit(1);
}

static double seconds_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec * 1e-9;
}

static double own_cpu_seconds(void) {
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  return used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1e-6;
}

static int16_t get16(const uint8_t *p) { return (int16_t)be16toh(*(const uint16_t *)p); }
static int32_t get32(const uint8_t *p) { return (int32_t)be32toh(*(const uint32_t *)p); }
static int64_t get64(const uint8_t *p) { return (int64_t)be64toh(*(const uint64_t *)p); }

static int connect_to(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
  address.sin_addr.s_addr = inet_addr("127.0.0.1");
  int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  if (connect(s, (void *)&address, sizeof address)) fail("cannot connect");
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  return s;
}

static uint8_t *read_frame_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (!file) fail("cannot open the frame");
  fseek(file, 0, SEEK_END);
  *size = ftell(file);
  rewind(file);
  uint8_t *frame = malloc(*size);
  if (fread(frame, 1, *size, file) != *size) fail("cannot read the frame");
  fclose(file);
  return frame;
}

static void receive(int s, uint8_t *into, size_t length) {
  while (length) {
    ssize_t got = read(s, into, length);
    if (got <= 0) fail("the broker closed the connection");
    into += got;
    length -= got;
  }
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/** Waits until the socket can be read, or written where `wants_write`, or until `until` (0: two seconds at most). */
static int wait_for(int s, int wants_write, double until) {
  struct pollfd polled = {s, POLLIN | (wants_write ? POLLOUT : 0), 0};
  double left = until > 0 ? until - seconds_now() : 2;
  if (left < 0) left = 0;
  struct timespec timeout = {(time_t)left, (long)((left - (time_t)left) * 1e9)};
  ppoll(&polled, 1, &timeout, 0);
  return polled.revents & POLLIN;
}

static void produce(int port, const char *path, long count, long depth, double rate) {
  size_t frame_bytes;
  uint8_t *frame = read_frame_file(path, &frame_bytes);
  double *sent_at = malloc(count * sizeof(double)), *latency = malloc(count * sizeof(double));
  double interval = rate > 0 ? 1 / rate : 0;
  long sent = 0, answered = 0;
  size_t written = 0, filled = 0;  // of the frame under way; of the answer buffer
  int s = connect_to(port);
  fcntl(s, F_SETFL, O_NONBLOCK);
  double begun = seconds_now();

  while (answered < count) {
    int may_send = sent < count && sent - answered < depth;
    double due = interval > 0 ? begun + sent * interval : 0;
    int wants_write = 0;
    if (may_send && (written > 0 || due <= seconds_now())) {
      // Counted from when it was due, so that a slow answer is not hidden by sending less.
      if (written == 0) sent_at[sent] = interval > 0 ? due : seconds_now();
      ssize_t took = write(s, frame + written, frame_bytes - written);
      if (took < 0 && errno != EAGAIN) fail("cannot write");
      if (took > 0) written += took;
      if (written == frame_bytes) written = 0, sent++;
      if (took > 0 && written == 0 && interval == 0 && sent - answered < depth) continue;
      wants_write = 1;
    }
    int is_waiting_for_due = interval > 0 && may_send && written == 0;
    if (!wait_for(s, wants_write && !is_waiting_for_due, is_waiting_for_due ? begun + sent * interval : 0)) continue;

    ssize_t got = read(s, answer + filled, sizeof answer - filled);
    if (got <= 0) fail("the broker closed the connection");
    filled += got;
    double now = seconds_now();
    size_t at = 0;
    while (filled - at >= 4 && filled - at >= (size_t)get32(answer + at) + 4) {
      const uint8_t *topic_length = answer + at + 12;
      int error = get16(topic_length + 2 + get16(topic_length) + 4 + 4);
      if (error) fprintf(stderr, "load: produce was answered with error %d\n", error), exit(1);
      latency[answered] = now - sent_at[answered];
      answered++;
      at += get32(answer + at) + 4;
    }
    memmove(answer, answer + at, filled - at);
    filled -= at;
  }
  double took = seconds_now() - begun;
  qsort(latency, count, sizeof(double), ascending);
  printf("{\"seconds\":%.6f,\"requests\":%ld,\"bytes\":%.0f,\"clientCpuSeconds\":%.6f,\"p50Us\":%.1f,\"p99Us\":%.1f}\n",
         took, count, (double)count * frame_bytes, own_cpu_seconds(), latency[count / 2] * 1e6,
         latency[count * 99 / 100] * 1e6);
}

/** Walks the whole batches of a fetch response; returns the offset after the last, adds their bytes. */
static int64_t next_offset(const uint8_t *frame, int64_t offset, double *bytes) {
  const uint8_t *p = frame + 4 + 4 + 2 + 4 + 4;  // correlation id, throttle time, error, session, topics
  p += 2 + get16(p) + 4 + 4;                     // topic, partitions, index
  if (get16(p)) fprintf(stderr, "load: fetch was answered with error %d\n", get16(p)), exit(1);
  p += 2 + 8 + 8 + 8;  // error, high watermark, last stable offset, log start offset
  int aborted = get32(p);
  p += 4 + (aborted > 0 ? 16 * aborted : 0) + 4;
  const uint8_t *end = p + 4 + get32(p);
  for (p += 4; end - p >= 61;) {
    const uint8_t *next = p + 12 + get32(p + 8);
    if (next > end) break;
    offset = get64(p) + get32(p + 23) + 1;
    *bytes += next - p;
    p = next;
  }
  return offset;
}

static void fetch(int port, const char *path, long offset_at, double wanted) {
  size_t frame_bytes;
  uint8_t *frame = read_frame_file(path, &frame_bytes);
  int s = connect_to(port);
  double bytes = 0, begun = seconds_now();
  int64_t offset = 0;
  long requests = 0;
  for (; bytes < wanted; requests++) {
    *(uint64_t *)(frame + offset_at) = htobe64(offset);
    if (write(s, frame, frame_bytes) != (ssize_t)frame_bytes) fail("cannot write");
    uint8_t length[4];
    receive(s, length, 4);
    if ((size_t)get32(length) > sizeof answer) fail("an answer is too long");
    receive(s, answer, get32(length));
    int64_t next = next_offset(answer, offset, &bytes);
    if (next == offset) fail("a fetch brought nothing");
    offset = next;
  }
  double took = seconds_now() - begun;
  printf("{\"seconds\":%.6f,\"requests\":%ld,\"bytes\":%.0f,\"clientCpuSeconds\":%.6f,\"p50Us\":0,\"p99Us\":0}\n", took,
         requests, bytes, own_cpu_seconds());
}

int main(int count, char **words) {
  if (count == 7 && !strcmp(words[1], "produce"))
    produce(atoi(words[2]), words[3], atol(words[4]), atol(words[5]), atof(words[6]));
  else if (count == 6 && !strcmp(words[1], "fetch"))
    fetch(atoi(words[2]), words[3], atol(words[4]), atof(words[5]));
  else
    fail("usage: see the source");
}
