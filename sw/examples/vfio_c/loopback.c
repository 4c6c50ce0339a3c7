/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * A driver in one file, without the Rust one: packets through the card's loopback, over VFIO and the generated header.
 *
 *   host memory ── descriptors, packets ──► H2C queue 0 ──► loopback of the card ──► C2H queue 0 ──► host memory
 *                                                                      record ──► interrupt (MSI-X vector 1)
 *
 * Build (from the project's root):  cc -O2 -Wall -Isw/include -o loopback sw/examples/vfio_c/loopback.c
 * Run:                              loopback 0000:01:00.0 [packets]
 *
 * The function must be bound to vfio-pci. Linux: include/uapi/linux/vfio.h, Documentation/driver-api/vfio.rst. The card: docs, "Programmer's guide".
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <linux/vfio.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ferrolane.h"

enum { H2C = 0, C2H = 1 };
enum { LOG2_ENTRIES = 4, ENTRIES = 1 << LOG2_ENTRIES };
enum { VECTOR = 1, VECTORS = 2, WAIT_MS = 10000 };
/* Longest packet, and how many bytes of memory each buffer has. */
enum { LONGEST = 8192, PLACE = 16384 };

/* Where things lie in the one region that the card may reach: two rings per direction, then the buffers. */
enum {
    RINGS = 4096,
    RING_OF = 0,
    RECORDS_OF = 1024,
    OUT = 2 * RINGS,
    BACK = OUT + PLACE,
    REGION = BACK + PLACE,
};
/* The IOVA of its first byte, free to choose within what the IOMMU takes. */
static const uint64_t IOVA = 0x10000000;

static volatile uint8_t *bar;
static uint8_t *memory;

static void fail(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "loopback: ");
    vfprintf(stderr, format, arguments);
    fprintf(stderr, "\n");
    va_end(arguments);
    exit(1);
}

static int must(int result, const char *what) {
    if (result < 0) fail("%s: %s", what, strerror(errno));
    return result;
}

static uint32_t get(uint32_t at) { return *(volatile uint32_t *)(bar + at); }
static void put(uint32_t at, uint32_t value) { *(volatile uint32_t *)(bar + at) = value; }

/* A queue of direction `dir`, number 0, with a descriptor and a completion ring. */
struct queue {
    int dir;
    uint32_t produced, taken;
};

static uint32_t queue_register(const struct queue *queue, uint32_t at) {
    return FERROLANE_QUEUE_REGS(queue->dir, 0) + at;
}

static uint32_t ring(const struct queue *queue) { return queue->dir * RINGS + RING_OF; }
static uint32_t records(const struct queue *queue) { return queue->dir * RINGS + RECORDS_OF; }

static void queue_start(struct queue *queue) {
    if (!(get(queue_register(queue, FERROLANE_QUEUE_STATUS)) & FERROLANE_QUEUE_STATUS_IDLE_MASK))
        fail("queue is in use");
    /* A record is new when its phase bit flips, and the first lap's is 1: the ring begins with zeros. */
    memset(memory + records(queue), 0, ENTRIES * sizeof(struct ferrolane_completion));
    put(queue_register(queue, FERROLANE_QUEUE_RING_BASE_LO), (uint32_t)(IOVA + ring(queue)));
    put(queue_register(queue, FERROLANE_QUEUE_RING_BASE_HI), (IOVA + ring(queue)) >> 32);
    put(queue_register(queue, FERROLANE_QUEUE_CPL_BASE_LO), (uint32_t)(IOVA + records(queue)));
    put(queue_register(queue, FERROLANE_QUEUE_CPL_BASE_HI), (IOVA + records(queue)) >> 32);
    put(queue_register(queue, FERROLANE_QUEUE_RING_SIZE),
        LOG2_ENTRIES | LOG2_ENTRIES << FERROLANE_QUEUE_RING_SIZE_COMPLETIONS_SHIFT);
    put(queue_register(queue, FERROLANE_QUEUE_MODE), 0);
    put(queue_register(queue, FERROLANE_QUEUE_COALESCE), 0);
    put(queue_register(queue, FERROLANE_QUEUE_MODERATE), 0);
    put(queue_register(queue, FERROLANE_QUEUE_VECTOR), VECTOR);
    put(queue_register(queue, FERROLANE_QUEUE_CTRL), FERROLANE_QUEUE_CTRL_RUN_MASK);
    queue->produced = queue->taken = 0;
}

/* Nothing of the queue is on its way behind IDLE; its memory may go then, and not before. */
static void queue_stop(const struct queue *queue) {
    put(queue_register(queue, FERROLANE_QUEUE_CTRL), 0);
    for (int i = 0; i < WAIT_MS; i++, usleep(1000))
        if (get(queue_register(queue, FERROLANE_QUEUE_STATUS)) & FERROLANE_QUEUE_STATUS_IDLE_MASK) return;
    fail("the queue does not come to rest");
}

/* Producer index, then consumer index; each of the two writes has its own effect. ARM asks for one interrupt. */
static void doorbell(const struct queue *queue, int arm) {
    put(FERROLANE_QUEUE_DOORBELL(queue->dir, 0), queue->produced);
    put(FERROLANE_QUEUE_DOORBELL(queue->dir, 0) + 4,
        (queue->taken & FERROLANE_QUEUE_CONSUMER_INDEX_MASK) | (uint32_t)arm << FERROLANE_DOORBELL_ARM_BIT);
}

static void post(struct queue *queue, uint32_t at, uint32_t len, uint32_t flags, uint32_t card) {
    struct ferrolane_descriptor *entry = (void *)(memory + ring(queue));
    entry += queue->produced % ENTRIES;
    *entry = (struct ferrolane_descriptor){IOVA + at, len | flags << 24, card};
    queue->produced++;
    /* The descriptor is written before the doorbell that tells of it. */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The next record, if it is there. */
static int take(struct queue *queue, struct ferrolane_completion *record) {
    struct ferrolane_completion *at = (void *)(memory + records(queue));
    at += queue->taken % ENTRIES;
    uint32_t phase = !(queue->taken / ENTRIES % 2);
    uint32_t dw3 = __atomic_load_n(&at->dw3, __ATOMIC_ACQUIRE);
    if (dw3 >> FERROLANE_CPL_PHASE_BIT != phase) return 0;
    *record = *at;
    if (record->index != queue->taken) fail("record %u where %u was expected", record->index, queue->taken);
    if (dw3 >> 16 & 0xff) fail("descriptor %u ended with status 0x%02x", record->index, dw3 >> 16 & 0xff);
    queue->taken++;
    return 1;
}

/* Arm, look once more, sleep: a record that comes in between gives an interrupt at once. */
static struct ferrolane_completion wait_for(struct queue *queue, int event) {
    struct ferrolane_completion record;
    while (!take(queue, &record)) {
        doorbell(queue, 1);
        struct pollfd poll_event = {.fd = event, .events = POLLIN};
        int came = must(poll(&poll_event, 1, WAIT_MS), "poll");
        if (!came) fail("no interrupt in %d ms", WAIT_MS);
        uint64_t count;
        if (read(event, &count, sizeof count) != sizeof count) fail("reading the event: %s", strerror(errno));
    }
    return record;
}

struct card {
    int container, group, device, event;
};

static struct card card_open(const char *bdf) {
    struct card card;
    char path[256], link[256];
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/iommu_group", bdf);
    ssize_t len = readlink(path, link, sizeof link - 1);
    if (len < 0) fail("%s: %s; is there such a function, and an IOMMU?", path, strerror(errno));
    link[len] = 0;
    snprintf(path, sizeof path, "/dev/vfio/%s", strrchr(link, '/') + 1);
    card.container = must(open("/dev/vfio/vfio", O_RDWR), "/dev/vfio/vfio");
    card.group = must(open(path, O_RDWR), path);
    must(ioctl(card.group, VFIO_GROUP_SET_CONTAINER, &card.container), "VFIO_GROUP_SET_CONTAINER");
    must(ioctl(card.container, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU), "VFIO_SET_IOMMU");
    card.device = must(ioctl(card.group, VFIO_GROUP_GET_DEVICE_FD, bdf), bdf);
    must(ioctl(card.device, VFIO_DEVICE_RESET), "VFIO_DEVICE_RESET");

    struct vfio_region_info region = {.argsz = sizeof region, .index = VFIO_PCI_BAR0_REGION_INDEX};
    must(ioctl(card.device, VFIO_DEVICE_GET_REGION_INFO, &region), "VFIO_DEVICE_GET_REGION_INFO");
    void *mapped = mmap(NULL, region.size, PROT_READ | PROT_WRITE, MAP_SHARED, card.device, region.offset);
    if (mapped == MAP_FAILED) fail("mapping BAR0: %s", strerror(errno));
    bar = mapped;
    uint32_t magic = get(FERROLANE_GLOBAL_MAGIC), abi = get(FERROLANE_GLOBAL_ABI_VERSION);
    if (memcmp(&magic, "FRLN", 4)) fail("%s is no Ferrolane card: MAGIC reads 0x%08x", bdf, magic);
    if (abi >> 16 != FERROLANE_ABI_MAJOR) fail("the card's ABI is %u, this program's %u", abi >> 16, FERROLANE_ABI_MAJOR);

    /* Memory that the card may reach, and only then Bus Master Enable. */
    memory = mmap(NULL, REGION, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) fail("memory: %s", strerror(errno));
    struct vfio_iommu_type1_dma_map map = {
        .argsz = sizeof map,
        .flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
        .vaddr = (uintptr_t)memory,
        .iova = IOVA,
        .size = REGION,
    };
    must(ioctl(card.container, VFIO_IOMMU_MAP_DMA, &map), "VFIO_IOMMU_MAP_DMA");
    struct vfio_region_info config = {.argsz = sizeof config, .index = VFIO_PCI_CONFIG_REGION_INDEX};
    must(ioctl(card.device, VFIO_DEVICE_GET_REGION_INFO, &config), "VFIO_DEVICE_GET_REGION_INFO");
    uint16_t command;
    off_t at = config.offset + PCI_COMMAND;
    if (pread(card.device, &command, 2, at) != 2) fail("reading the configuration space: %s", strerror(errno));
    command |= PCI_COMMAND_MASTER;
    if (pwrite(card.device, &command, 2, at) != 2) fail("setting Bus Master Enable: %s", strerror(errno));

    card.event = must(eventfd(0, EFD_CLOEXEC), "eventfd");
    int unused = must(eventfd(0, EFD_CLOEXEC), "eventfd");
    struct {
        struct vfio_irq_set set;
        int fds[VECTORS];
    } irqs = {
        .set = {
            .argsz = sizeof irqs,
            .flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER,
            .index = VFIO_PCI_MSIX_IRQ_INDEX,
            .count = VECTORS,
        },
        .fds = {unused, card.event},
    };
    must(ioctl(card.device, VFIO_DEVICE_SET_IRQS, &irqs), "VFIO_DEVICE_SET_IRQS");
    return card;
}

int main(int argc, char **argv) {
    if (argc < 2) fail("usage: loopback BDF [packets]; for example: loopback 0000:01:00.0 100");
    unsigned packets = argc > 2 ? strtoul(argv[2], NULL, 0) : 100;
    struct card card = card_open(argv[1]);
    struct queue h2c = {.dir = H2C}, c2h = {.dir = C2H};
    queue_start(&h2c);
    queue_start(&c2h);
    uint64_t bytes = 0;
    uint32_t random = 1;
    for (unsigned i = 0; i < packets; i++) {
        random = random * 1664525u + 1013904223u;
        /* Any length, at any address. */
        uint32_t len = 1 + (random >> 8) % LONGEST, from = OUT + (random >> 4) % 4096, to = BACK + 1 + random % 4096;
        for (uint32_t j = 0; j < len; j++) memory[from + j] = (uint8_t)(i + j * 7 + (j >> 8));
        memset(memory + BACK, 0xa5, PLACE);
        post(&c2h, to, LONGEST, 0, 0);
        doorbell(&c2h, 0);
        post(&h2c, from, len, FERROLANE_DESC_FLAG_SOP | FERROLANE_DESC_FLAG_EOP, i);
        doorbell(&h2c, 0);
        struct ferrolane_completion came = wait_for(&c2h, card.event);
        wait_for(&h2c, card.event);
        if (came.bytes != len || came.meta != i) fail("packet %u of %u bytes came as %u of %u", i, len, came.meta, came.bytes);
        if (memcmp(memory + from, memory + to, len)) fail("packet %u is not what was sent", i);
        if (memory[to - 1] != 0xa5 || memory[to + len] != 0xa5) fail("bytes beside packet %u were written", i);
        bytes += len;
    }
    queue_stop(&h2c);
    queue_stop(&c2h);
    printf("%u packets, %llu bytes compared\n", packets, (unsigned long long)bytes);
    return 0;
}
