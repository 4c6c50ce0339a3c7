// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * A kernel driver in one file: when it is given a card it sends packets through the card's loopback and compares them.
 *
 *   coherent memory   descriptors ──┐                                            ┌──► records
 *   mapped memory     packet ───────┴─► H2C queue 0 ─► loopback ─► C2H queue 0 ──┴──► packet
 *                                                                    └─► MSI-X vector 1 ─► on_record() ─► probe() wakes
 *
 * Build (from the project's root):  make guest-module                   for the guest of `make guest`
 *                                   make -C sw/examples/kernel_module   for the machine itself
 * Run (as root):                    insmod ferrolane_loopback.ko [packets=N]; dmesg; rmmod ferrolane_loopback
 *
 * The function must have no driver. The card: docs, "Programmer's guide". Linux: Documentation/core-api/dma-api.rst.
 */
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/iopoll.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "ferrolane.h"

#define NAME "ferrolane_loopback"
#define BAR 0
#define MAGIC 0x4e4c5246u /* FRLN */
/* Vector 0 tells of errors, so the queues have another. */
enum { ERRORS, RECORDS, VECTORS };
enum { H2C, C2H, DIRECTIONS, LOG2_PLACES = 4, PLACES = 1 << LOG2_PLACES };
/* Longest packet, memory of each buffer, what it holds before a packet comes. */
enum { LONGEST = 8192, BUFFER = 16384, FILLING = 0xa5 };
enum { WAIT_MS = 10000, REST_MS = 2000, LOOK_US = 1000 };

static unsigned int packets = 100;
module_param(packets, uint, 0444);
MODULE_PARM_DESC(packets, "how many packets to send and compare (default: 100)");

/* Both rings of a queue, in one piece of coherent memory. */
struct rings {
	struct ferrolane_descriptor descriptors[PLACES];
	struct ferrolane_completion records[PLACES];
};

struct queue {
	unsigned int dir;
	struct rings *rings;
	dma_addr_t address;
	u32 produced, taken;
};

struct card {
	struct pci_dev *pdev;
	void __iomem *bar;
	struct completion event;
	unsigned int interrupts;
	struct queue queues[DIRECTIONS];
	u8 *out, *back;
};

static void __iomem *of(struct card *card, struct queue *queue, u32 at)
{
	return card->bar + FERROLANE_QUEUE_REGS(queue->dir, 0) + at;
}

static int queue_start(struct card *card, struct queue *queue)
{
	dma_addr_t ring = queue->address + offsetof(struct rings, descriptors);
	dma_addr_t records = queue->address + offsetof(struct rings, records);
	u32 size = LOG2_PLACES | LOG2_PLACES << FERROLANE_QUEUE_RING_SIZE_COMPLETIONS_SHIFT;

	if (!(readl(of(card, queue, FERROLANE_QUEUE_STATUS)) & FERROLANE_QUEUE_STATUS_IDLE_MASK))
		return dev_err_probe(&card->pdev->dev, -EBUSY, "queue %u is in use behind a reset\n", queue->dir);
	/* A record is new when its phase bit flips, and the first lap's is 1: the memory came with zeros. */
	writel(lower_32_bits(ring), of(card, queue, FERROLANE_QUEUE_RING_BASE_LO));
	writel(upper_32_bits(ring), of(card, queue, FERROLANE_QUEUE_RING_BASE_HI));
	writel(lower_32_bits(records), of(card, queue, FERROLANE_QUEUE_CPL_BASE_LO));
	writel(upper_32_bits(records), of(card, queue, FERROLANE_QUEUE_CPL_BASE_HI));
	writel(size, of(card, queue, FERROLANE_QUEUE_RING_SIZE));
	/* MODE, COALESCE and MODERATE are 0 behind a reset: a ring, each record and its interrupt at once. */
	writel(RECORDS, of(card, queue, FERROLANE_QUEUE_VECTOR));
	writel(FERROLANE_QUEUE_CTRL_RUN_MASK, of(card, queue, FERROLANE_QUEUE_CTRL));
	return 0;
}

/*
 * Stops both queues. Behind IDLE nothing of a queue is on its way, and its memory may go. A card that does not come to
 * rest loses the bus instead, and then nothing starts any more. May be called twice.
 */
static void stop(struct card *card)
{
	struct queue *queue;
	u32 status;

	for (queue = card->queues; queue < card->queues + DIRECTIONS; queue++)
		writel(0, of(card, queue, FERROLANE_QUEUE_CTRL));
	for (queue = card->queues; queue < card->queues + DIRECTIONS; queue++) {
		if (!readl_poll_timeout(of(card, queue, FERROLANE_QUEUE_STATUS), status,
					status & FERROLANE_QUEUE_STATUS_IDLE_MASK, LOOK_US, REST_MS * 1000))
			continue;
		dev_err(&card->pdev->dev, "queue %u does not come to rest, the card loses the bus\n", queue->dir);
		pci_clear_master(card->pdev);
	}
}

/* Producer index, then consumer index; each of the two writes has its own effect. ARM asks for one interrupt. */
static void doorbell(struct card *card, struct queue *queue, bool arm)
{
	void __iomem *at = card->bar + FERROLANE_QUEUE_DOORBELL(queue->dir, 0);
	u32 taken = queue->taken & FERROLANE_QUEUE_CONSUMER_INDEX_MASK;

	/* writel shows the card all memory that was written before, descriptors and packets too. */
	writel(queue->produced, at);
	writel(taken | (u32)arm << FERROLANE_DOORBELL_ARM_BIT, at + 4);
}

static void post(struct card *card, struct queue *queue, dma_addr_t at, u32 len, u32 flags, u32 meta)
{
	struct ferrolane_descriptor *entry = &queue->rings->descriptors[queue->produced % PLACES];

	entry->host_addr = cpu_to_le64(at);
	entry->len_flags = cpu_to_le32(len | flags << 24);
	entry->card = cpu_to_le32(meta);
	queue->produced++;
	doorbell(card, queue, false);
}

/* Takes the next record: 1 if it was there, 0 if not, or the reason why no more will come. */
static int take(struct card *card, struct queue *queue, u32 *bytes, u32 *meta)
{
	struct ferrolane_completion *record = &queue->rings->records[queue->taken % PLACES];
	u32 phase = !(queue->taken / PLACES % 2);
	u32 dw3 = le32_to_cpu(READ_ONCE(record->dw3));
	u32 status = dw3 >> 16 & 0xff, index;

	if (dw3 >> FERROLANE_CPL_PHASE_BIT != phase)
		return 0;
	/* The phase tells that the rest is there, so the rest is read behind it. */
	dma_rmb();
	index = le32_to_cpu(record->index);
	if (index != queue->taken || status != FERROLANE_STATUS_OK)
		return dev_err_probe(&card->pdev->dev, -EIO, "queue %u: record %u, expected %u, with status 0x%02x\n",
				     queue->dir, index, queue->taken, status);
	*bytes = le32_to_cpu(record->bytes);
	*meta = le32_to_cpu(record->meta);
	queue->taken++;
	return 1;
}

static irqreturn_t on_record(int irq, void *data)
{
	struct card *card = data;

	card->interrupts++;
	complete(&card->event);
	return IRQ_HANDLED;
}

static irqreturn_t on_error(int irq, void *data)
{
	struct card *card = data;
	u32 causes = readl(card->bar + FERROLANE_GLOBAL_ERROR);

	/* A cause stays until a 1 is written to it. */
	writel(causes, card->bar + FERROLANE_GLOBAL_ERROR);
	dev_err(&card->pdev->dev, "the card reports errors 0x%08x\n", causes);
	return IRQ_HANDLED;
}

/*
 * Sleeps until the queue has a record. Look, arm, look again, sleep: a record from before the ARM is seen by the second
 * look, a later one raises the interrupt. What is left of an earlier interrupt is cleared before the ARM, never after.
 */
static int await(struct card *card, struct queue *queue, u32 *bytes, u32 *meta)
{
	int came;

	for (;;) {
		reinit_completion(&card->event);
		came = take(card, queue, bytes, meta);
		if (!came) {
			doorbell(card, queue, true);
			came = take(card, queue, bytes, meta);
		}
		if (came)
			return min(came, 0);
		if (!wait_for_completion_timeout(&card->event, msecs_to_jiffies(WAIT_MS)))
			return dev_err_probe(&card->pdev->dev, -ETIMEDOUT, "queue %u: no interrupt in %d ms\n",
					     queue->dir, WAIT_MS);
	}
}

/* Sends one packet of `len` bytes from `from` in the one buffer, and has it written at `to` in the other. */
static int send(struct card *card, u32 number, u32 len, u32 from, u32 to)
{
	struct device *dev = &card->pdev->dev;
	struct queue *h2c = &card->queues[H2C], *c2h = &card->queues[C2H];
	u32 bytes, meta, ignored;
	dma_addr_t out, back;
	int error = -EIO;

	/* From here to the unmapping both buffers are the card's, whole: so no cache line is half the card's. */
	out = dma_map_single(dev, card->out, BUFFER, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, out))
		return dev_err_probe(dev, error, "packet %u can't be mapped\n", number);
	/* Both ways: what stood there before must still be there where the card writes nothing. */
	back = dma_map_single(dev, card->back, BUFFER, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, back)) {
		dev_err(dev, "the place for packet %u can't be mapped\n", number);
		goto unmap_out;
	}
	post(card, c2h, back + to, LONGEST, 0, 0);
	post(card, h2c, out + from, len, FERROLANE_DESC_FLAG_SOP | FERROLANE_DESC_FLAG_EOP, number);
	error = await(card, c2h, &bytes, &meta);
	if (!error)
		error = await(card, h2c, &ignored, &ignored);
	if (!error && (bytes != len || meta != number))
		error = dev_err_probe(dev, -EIO, "packet %u of %u bytes came as %u of %u\n", number, len, meta, bytes);
	/* A queue that failed may still have the memory in hand; one at rest has not. */
	if (error)
		stop(card);
	dma_unmap_single(dev, back, BUFFER, DMA_BIDIRECTIONAL);
unmap_out:
	dma_unmap_single(dev, out, BUFFER, DMA_TO_DEVICE);
	return error;
}

static int send_all(struct card *card)
{
	struct device *dev = &card->pdev->dev;
	u32 random = 1, len, from, to, i, j;
	int error;
	u64 bytes = 0;

	for (i = 0; i < packets; i++) {
		random = random * 1664525u + 1013904223u;
		/* Any length at any offset, with at least a byte on each side. */
		len = 1 + (random >> 8) % LONGEST;
		from = (random >> 4) % 4096;
		to = 1 + random % 4096;
		for (j = 0; j < len; j++)
			card->out[from + j] = i + j * 7 + (j >> 8);
		memset(card->back, FILLING, BUFFER);
		error = send(card, i, len, from, to);
		if (error)
			return error;
		if (memcmp(card->out + from, card->back + to, len))
			return dev_err_probe(dev, -EIO, "packet %u of %u bytes is not what was sent\n", i, len);
		if (card->back[to - 1] != FILLING || card->back[to + len] != FILLING)
			return dev_err_probe(dev, -EIO, "bytes beside packet %u were written\n", i);
		bytes += len;
	}
	dev_info(dev, "%u packets, %llu bytes compared, %u interrupts\n", packets, bytes, card->interrupts);
	return 0;
}

/* All that is taken here and in probe() is managed: it goes, last first, behind remove() or a probe() that failed. */
static int get_memory_and_interrupts(struct card *card)
{
	struct pci_dev *pdev = card->pdev;
	struct device *dev = &pdev->dev;
	int error = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));
	struct queue *queue;

	if (error)
		return dev_err_probe(dev, error, "no DMA with addresses of 64 bits\n");
	for (queue = card->queues; queue < card->queues + DIRECTIONS; queue++) {
		queue->dir = queue - card->queues;
		queue->rings = dmam_alloc_coherent(dev, sizeof(*queue->rings), &queue->address, GFP_KERNEL);
		if (!queue->rings)
			return dev_err_probe(dev, -ENOMEM, "no memory for the rings\n");
	}
	card->out = devm_kmalloc(dev, BUFFER, GFP_KERNEL);
	card->back = devm_kmalloc(dev, BUFFER, GFP_KERNEL);
	if (!card->out || !card->back)
		return dev_err_probe(dev, -ENOMEM, "no memory for packets\n");
	error = pci_alloc_irq_vectors(pdev, VECTORS, VECTORS, PCI_IRQ_MSIX);
	if (error < 0)
		return dev_err_probe(dev, error, "no %d MSI-X vectors\n", VECTORS);
	error = devm_request_irq(dev, pci_irq_vector(pdev, ERRORS), on_error, 0, NAME "-errors", card);
	if (!error)
		error = devm_request_irq(dev, pci_irq_vector(pdev, RECORDS), on_record, 0, NAME "-records", card);
	return error ? dev_err_probe(dev, error, "an interrupt can't be had\n") : 0;
}

static void remove(struct pci_dev *pdev)
{
	stop(pci_get_drvdata(pdev));
	pci_clear_master(pdev);
}

static int probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct device *dev = &pdev->dev;
	struct card *card = devm_kzalloc(dev, sizeof(*card), GFP_KERNEL);
	u32 magic, abi;
	int error;

	if (!card)
		return -ENOMEM;
	card->pdev = pdev;
	init_completion(&card->event);
	pci_set_drvdata(pdev, card);
	error = pcim_enable_device(pdev);
	if (error)
		return dev_err_probe(dev, error, "the function can't be enabled\n");
	if (pci_resource_len(pdev, BAR) < FERROLANE_BAR0_BYTES)
		return dev_err_probe(dev, -ENODEV, "BAR%d has less than %u bytes\n", BAR, FERROLANE_BAR0_BYTES);
	error = pcim_iomap_regions(pdev, BIT(BAR), NAME);
	if (error)
		return dev_err_probe(dev, error, "BAR%d can't be mapped\n", BAR);
	card->bar = pcim_iomap_table(pdev)[BAR];
	/* Whoever had the card before may have left queues running. probe() has the lock that this wants. */
	error = pci_reset_function_locked(pdev);
	if (error)
		return dev_err_probe(dev, error, "the function can't be reset\n");
	magic = readl(card->bar + FERROLANE_GLOBAL_MAGIC);
	abi = readl(card->bar + FERROLANE_GLOBAL_ABI_VERSION);
	if (magic != MAGIC || abi >> FERROLANE_GLOBAL_ABI_VERSION_MAJOR_SHIFT != FERROLANE_ABI_MAJOR)
		return dev_err_probe(dev, -ENODEV, "no Ferrolane card of ABI %u: MAGIC reads 0x%08x, ABI_VERSION 0x%08x\n",
				     FERROLANE_ABI_MAJOR, magic, abi);
	error = get_memory_and_interrupts(card);
	if (error)
		return error;
	/* The card may reach memory only now that there is some. Interrupts are writes, too. */
	pci_set_master(pdev);
	error = queue_start(card, &card->queues[H2C]) ?: queue_start(card, &card->queues[C2H]);
	/* Another driver would offer something now; this one does all its work here. */
	if (!error)
		error = send_all(card);
	if (error)
		remove(pdev);
	return error;
}

static const struct pci_device_id ids[] = {
	{ PCI_DEVICE(FERROLANE_PCI_VENDOR_ID, FERROLANE_PCI_DEVICE_ID) },
	{ }
};
MODULE_DEVICE_TABLE(pci, ids);

static struct pci_driver loopback_driver = {
	.name = NAME,
	.id_table = ids,
	.probe = probe,
	.remove = remove,
};
module_pci_driver(loopback_driver);

MODULE_DESCRIPTION("Packets through the loopback of a Ferrolane card, compared");
MODULE_LICENSE("Dual MIT/GPL");
