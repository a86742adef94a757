// The smallest broker in C that does the work of one: receive, check the CRC-32C, stamp the offset, append to a file,
// acknowledge; serve fetches from the file. One thread, one partition, no index beyond one entry a batch. What this machine
// can do at all with one replica.
//
//   broker PORT LOG_FILE
//
// Produce version 7 and Fetch version 11. Trusts its client. x86-64 with SSE 4.2.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nmmintrin.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { connection_buffer_bytes = 4 << 20, read_bytes_max = 128 << 10, fetch_bytes_max = 1 << 20, batches_max = 20000000 };

typedef struct {
  int socket;
  uint8_t *buffer;
  size_t filled;
} Connection;

static int log_file;
static uint64_t log_end_offset, log_bytes;
static uint64_t *batch_offsets, *batch_positions;  // Reserved at once; the kernel gives pages as they are used.
static size_t batch_count;
static uint8_t out[4 << 20];

static uint16_t get16(const uint8_t *p) { return be16toh(*(const uint16_t *)p); }
static uint32_t get32(const uint8_t *p) { return be32toh(*(const uint32_t *)p); }
static uint64_t get64(const uint8_t *p) { return be64toh(*(const uint64_t *)p); }
static uint8_t *put16(uint8_t *p, uint16_t v) { return *(uint16_t *)p = htobe16(v), p + 2; }
static uint8_t *put32(uint8_t *p, uint32_t v) { return *(uint32_t *)p = htobe32(v), p + 4; }
static uint8_t *put64(uint8_t *p, uint64_t v) { return *(uint64_t *)p = htobe64(v), p + 8; }
static uint8_t *put_string(uint8_t *p, const uint8_t *text, uint16_t length) {
  return memcpy(put16(p, length), text, length), p + 2 + length;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static uint32_t crc32c(const uint8_t *p, size_t length) {
  uint64_t crc = 0xffffffff;
  for (; length >= 8; p += 8, length -= 8) crc = _mm_crc32_u64(crc, *(const uint64_t *)p);
  for (; length > 0; p++, length--) crc = _mm_crc32_u8((uint32_t)crc, *p);
  return ~(uint32_t)crc;
}

/** Fills in the length in front and writes everything up to `end`. */
static void send_answer(int s, const uint8_t *end) {
  put32(out, end - out - 4);
  for (const uint8_t *from = out; from < end;) {
    ssize_t took = write(s, from, end - from);
    if (took >= 0) {
      from += took;
    } else if (errno == EAGAIN) {
      struct pollfd polled = {s, POLLOUT, 0};
      poll(&polled, 1, -1);
    } else {
      return;
    }
  }
}

static void produce(int s, uint8_t *p, uint32_t correlation_id) {
  p += 2 + ((int16_t)get16(p) > 0 ? get16(p) : 0);  // transactional id
  int acks = (int16_t)get16(p);
  p += 2 + 4 + 4;  // acks, timeout, topics
  const uint8_t *topic = p + 2;
  uint16_t topic_length = get16(p);
  p += 2 + topic_length + 4;
  uint32_t partition = get32(p), length = get32(p + 4);
  uint8_t *batch = p + 8;

  if (crc32c(batch + 21, length - 21) != get32(batch + 17)) fail("a batch is damaged");
  uint64_t base_offset = log_end_offset;
  put64(batch, base_offset);
  put32(batch + 12, 0);
  if (pwrite(log_file, batch, length, log_bytes) != length) fail("cannot append");
  batch_offsets[batch_count] = base_offset;
  batch_positions[batch_count++] = log_bytes;
  log_bytes += length;
  log_end_offset += get32(batch + 23) + 1;
  if (acks == 0) return;

  uint8_t *o = put32(put32(out + 4, correlation_id), 1);
  o = put_string(o, topic, topic_length);
  o = put16(put32(put32(o, 1), partition), 0);
  o = put64(put64(put64(o, base_offset), -1), 0);
  send_answer(s, put32(o, 0));
}

/** Position of the batch that holds the offset. */
static uint64_t position_of(uint64_t offset) {
  if (offset >= log_end_offset) return log_bytes;
  size_t low = 0, high = batch_count - 1;
  while (low < high) {
    size_t middle = (low + high + 1) / 2;
    if (batch_offsets[middle] <= offset)
      low = middle;
    else
      high = middle - 1;
  }
  return batch_positions[low];
}

static void fetch(int s, const uint8_t *p, uint32_t correlation_id) {
  p += 4 + 4 + 4 + 4 + 1 + 4 + 4 + 4;  // replica, max wait, min and max bytes, isolation, session, epoch, topics
  const uint8_t *topic = p + 2;
  uint16_t topic_length = get16(p);
  p += 2 + topic_length + 4;
  uint32_t partition = get32(p), bytes_max = get32(p + 4 + 4 + 8 + 8);
  uint64_t position = position_of(get64(p + 4 + 4));
  size_t length = log_bytes - position;
  if (length > bytes_max) length = bytes_max;
  if (length > fetch_bytes_max) length = fetch_bytes_max;

  uint8_t *o = put32(put32(out + 4, correlation_id), 0);
  o = put32(put32(put16(o, 0), 0), 1);
  o = put_string(o, topic, topic_length);
  o = put16(put32(put32(o, 1), partition), 0);
  o = put64(put64(put64(o, log_end_offset), log_end_offset), 0);
  o = put32(put32(put32(o, -1), -1), length);
  if (pread(log_file, o, length, position) != (ssize_t)length) fail("cannot read");
  send_answer(s, o + length);
}

static void frame(int s, uint8_t *p) {
  uint16_t key = get16(p);
  uint32_t correlation_id = get32(p + 4);
  p += 8;
  p += 2 + ((int16_t)get16(p) > 0 ? get16(p) : 0);  // client id
  if (key == 0)
    produce(s, p, correlation_id);
  else if (key == 1)
    fetch(s, p, correlation_id);
  else
    fail("an unknown request");
}

/** False when the client is gone. */
static int receive(Connection *c) {
  size_t room = connection_buffer_bytes - c->filled;
  // Small requests are read in the cache's measure, a large one at a stroke once it has begun.
  ssize_t got = read(c->socket, c->buffer + c->filled, c->filled < read_bytes_max ? read_bytes_max : room);
  if (got <= 0) return got < 0 && errno == EAGAIN;
  c->filled += got;
  size_t at = 0;
  while (c->filled - at >= 4 && c->filled - at - 4 >= get32(c->buffer + at)) {
    frame(c->socket, c->buffer + at + 4);
    at += 4 + get32(c->buffer + at);
  }
  if (at > 0) memmove(c->buffer, c->buffer + at, c->filled - at);
  c->filled -= at;
  return 1;
}

static void watch(int epoll, int descriptor, Connection *c) {
  struct epoll_event event = {EPOLLIN, {.ptr = c}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

static void accept_client(int epoll, int listener) {
  int one = 1;
  Connection *c = calloc(1, sizeof *c);
  c->socket = accept4(listener, 0, 0, SOCK_NONBLOCK);
  c->buffer = malloc(connection_buffer_bytes);
  setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  watch(epoll, c->socket, c);
}

int main(int count, char **words) {
  if (count != 3) return 2;
  log_file = open(words[2], O_RDWR | O_CREAT | O_TRUNC, 0644);
  batch_offsets = malloc(batches_max * sizeof(uint64_t));
  batch_positions = malloc(batches_max * sizeof(uint64_t));
  int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
  address.sin_addr.s_addr = inet_addr("127.0.0.1");
  if (bind(listener, (void *)&address, sizeof address)) fail("cannot listen");
  listen(listener, 100);
  int epoll = epoll_create1(0);
  watch(epoll, listener, 0);
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    struct epoll_event events[64];
    int happened = epoll_wait(epoll, events, 64, -1);
    for (int i = 0; i < happened; i++) {
      Connection *c = events[i].data.ptr;
      if (!c) {
        accept_client(epoll, listener);
      } else if (!receive(c)) {
        close(c->socket);
        free(c->buffer);
        free(c);
      }
    }
  }
}
