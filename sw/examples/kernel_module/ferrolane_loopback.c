// SPDX-License-Identifier: MIT OR Apache-2.0
/*
 * A kernel driver in one file: when it is given a card it sends packets through the card's loopback and compares them.
 *
 *   coherent memory:  descriptors ──► H2C queue 0 ──► loopback of the card ──► C2H queue 0 ──► records
 *   mapped memory:    packet ───────────┘                                          └─────────► packet
 *   probe() sleeps ◄── interrupt handler ◄── MSI-X vector 1 ◄── ARM, record
 *
 * Build (from the project's root):  make guest-module            for the guest of `make guest`
 *                                   make -C sw/examples/kernel_module   for the machine it runs on
 * Run (as root):                    insmod ferrolane_loopback.ko [packets=N]; dmesg; rmmod ferrolane_loopback
 *
 * The function must have no driver. The card: docs, "Programmer's guide".
 * Linux: Documentation/PCI/pci.rst, PCI/msi-howto.rst, core-api/dma-api.rst.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/dma-mapping.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/jiffies.h>
#include <linux/module.h>
#include <linux/pci.h>
#include <linux/slab.h>

#include "ferrolane.h"

#define NAME "ferrolane_loopback"
#define BAR 0
/* The bytes `FRLN` as a little-endian word. */
#define MAGIC 0x4e4c5246u
/* Vector 0 tells of errors, so the queues have another. */
enum { ERRORS, RECORDS, VECTORS };
enum { H2C, C2H, DIRECTIONS };
enum { LOG2_PLACES = 4, PLACES = 1 << LOG2_PLACES };
/* Longest packet, memory of each buffer, what it holds before a packet comes. */
enum { LONGEST = 8192, BUFFER = 16384, FILLING = 0xa5 };
/* Behind a simulation everything takes long. */
enum { WAIT_MS = 10000, LOOK_MS = 1 };

static unsigned int packets = 100;
module_param(packets, uint, 0444);
MODULE_PARM_DESC(packets, "how many packets to send and compare (100)");

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
	/* What is sent, and what comes back. */
	u8 *out, *back;
};

static u32 get(struct card *card, u32 at)
{
	return readl(card->bar + at);
}

/* Memory that was written before is seen by the card before this: writel has the barrier. */
static void put(struct card *card, u32 at, u32 value)
{
	writel(value, card->bar + at);
}

static void put_queue(struct card *card, struct queue *queue, u32 at, u32 value)
{
	put(card, FERROLANE_QUEUE_REGS(queue->dir, 0) + at, value);
}

static u32 queue_status(struct card *card, struct queue *queue)
{
	return get(card, FERROLANE_QUEUE_REGS(queue->dir, 0) + FERROLANE_QUEUE_STATUS);
}

static int queue_start(struct card *card, struct queue *queue)
{
	dma_addr_t ring = queue->address + offsetof(struct rings, descriptors);
	dma_addr_t records = queue->address + offsetof(struct rings, records);

	if (!(queue_status(card, queue) & FERROLANE_QUEUE_STATUS_IDLE_MASK)) {
		dev_err(&card->pdev->dev, "queue %u is in use behind a reset\n", queue->dir);
		return -EBUSY;
	}
	/* A record is new when its phase bit flips, and the first lap's is 1: the memory came with zeros. */
	put_queue(card, queue, FERROLANE_QUEUE_RING_BASE_LO, lower_32_bits(ring));
	put_queue(card, queue, FERROLANE_QUEUE_RING_BASE_HI, upper_32_bits(ring));
	put_queue(card, queue, FERROLANE_QUEUE_CPL_BASE_LO, lower_32_bits(records));
	put_queue(card, queue, FERROLANE_QUEUE_CPL_BASE_HI, upper_32_bits(records));
	put_queue(card, queue, FERROLANE_QUEUE_RING_SIZE,
		  LOG2_PLACES | LOG2_PLACES << FERROLANE_QUEUE_RING_SIZE_COMPLETIONS_SHIFT);
	/* MODE, COALESCE and MODERATE are 0 behind a reset: a ring, each record and its interrupt at once. */
	put_queue(card, queue, FERROLANE_QUEUE_VECTOR, RECORDS);
	put_queue(card, queue, FERROLANE_QUEUE_CTRL, FERROLANE_QUEUE_CTRL_RUN_MASK);
	return 0;
}

/*
 * Stops both queues. Behind IDLE nothing of a queue is on its way, and its memory may go. A card that does not come to
 * rest loses the bus instead, and then nothing starts any more. May be called twice.
 */
static void stop(struct card *card)
{
	unsigned int dir, i;

	for (dir = 0; dir < DIRECTIONS; dir++)
		put_queue(card, &card->queues[dir], FERROLANE_QUEUE_CTRL, 0);
	for (dir = 0; dir < DIRECTIONS; dir++) {
		for (i = 0; i < WAIT_MS / LOOK_MS; i++) {
			if (queue_status(card, &card->queues[dir]) & FERROLANE_QUEUE_STATUS_IDLE_MASK)
				break;
			msleep(LOOK_MS);
		}
		if (i == WAIT_MS / LOOK_MS) {
			dev_err(&card->pdev->dev, "queue %u does not come to rest, the card loses the bus\n", dir);
			pci_clear_master(card->pdev);
		}
	}
}

/* Producer index, then consumer index; each of the two writes has its own effect. ARM asks for one interrupt. */
static void doorbell(struct card *card, struct queue *queue, bool arm)
{
	u32 taken = queue->taken & FERROLANE_QUEUE_CONSUMER_INDEX_MASK;

	put(card, FERROLANE_QUEUE_DOORBELL(queue->dir, 0), queue->produced);
	put(card, FERROLANE_QUEUE_DOORBELL(queue->dir, 0) + 4, taken | (u32)arm << FERROLANE_DOORBELL_ARM_BIT);
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
	if (index != queue->taken || status != FERROLANE_STATUS_OK) {
		dev_err(&card->pdev->dev, "queue %u: record %u with status 0x%02x where %u was expected\n", queue->dir, index,
			status, queue->taken);
		return -EIO;
	}
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
	u32 causes = get(card, FERROLANE_GLOBAL_ERROR);

	/* A cause stays until a 1 is written to it. */
	put(card, FERROLANE_GLOBAL_ERROR, causes);
	dev_err(&card->pdev->dev, "the card reports errors 0x%08x\n", causes);
	return IRQ_HANDLED;
}

/*
 * Sleeps until the queue has a record. Look, arm, look again, sleep: a record from before the ARM is seen by the second
 * look, a later one raises the interrupt. What an earlier interrupt has left in `event` is cleared before the ARM, never
 * after.
 */
static int await(struct card *card, struct queue *queue, u32 *bytes, u32 *meta)
{
	int came;

	for (;;) {
		reinit_completion(&card->event);
		came = take(card, queue, bytes, meta);
		if (came)
			break;
		doorbell(card, queue, true);
		came = take(card, queue, bytes, meta);
		if (came)
			break;
		if (!wait_for_completion_timeout(&card->event, msecs_to_jiffies(WAIT_MS))) {
			dev_err(&card->pdev->dev, "queue %u: no interrupt in %d ms, status 0x%08x\n", queue->dir, WAIT_MS,
				queue_status(card, queue));
			return -ETIMEDOUT;
		}
	}
	return came < 0 ? came : 0;
}

/* Sends one packet of `len` bytes from `from` in the one buffer, and has it written at `to` in the other. */
static int send(struct card *card, u32 number, u32 len, u32 from, u32 to)
{
	struct device *dev = &card->pdev->dev;
	struct queue *h2c = &card->queues[H2C], *c2h = &card->queues[C2H];
	dma_addr_t out, back;
	u32 bytes, meta, ignored;
	int error;

	/* From here to the unmapping both buffers are the card's, whole: so no cache line is half the card's. */
	out = dma_map_single(dev, card->out, BUFFER, DMA_TO_DEVICE);
	if (dma_mapping_error(dev, out)) {
		dev_err(dev, "packet %u can't be mapped\n", number);
		return -ENOMEM;
	}
	back = dma_map_single(dev, card->back, BUFFER, DMA_FROM_DEVICE);
	if (dma_mapping_error(dev, back)) {
		dev_err(dev, "the place for packet %u can't be mapped\n", number);
		error = -ENOMEM;
		goto unmap_out;
	}
	post(card, c2h, back + to, LONGEST, 0, 0);
	post(card, h2c, out + from, len, FERROLANE_DESC_FLAG_SOP | FERROLANE_DESC_FLAG_EOP, number);
	error = await(card, c2h, &bytes, &meta);
	if (!error)
		error = await(card, h2c, &ignored, &ignored);
	/* A queue that failed may still have the memory in hand; one at rest has not. */
	if (error)
		stop(card);
	dma_unmap_single(dev, back, BUFFER, DMA_FROM_DEVICE);
unmap_out:
	dma_unmap_single(dev, out, BUFFER, DMA_TO_DEVICE);
	if (!error && (bytes != len || meta != number)) {
		dev_err(dev, "packet %u of %u bytes came as %u of %u\n", number, len, meta, bytes);
		error = -EIO;
	}
	return error;
}

static int send_all(struct card *card)
{
	struct device *dev = &card->pdev->dev;
	u32 random = 1, len, from, to, i, j;
	u64 bytes = 0;
	int error;

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
		if (memcmp(card->out + from, card->back + to, len)) {
			dev_err(dev, "packet %u of %u bytes is not what was sent\n", i, len);
			return -EIO;
		}
		if (card->back[to - 1] != FILLING || card->back[to + len] != FILLING) {
			dev_err(dev, "bytes beside packet %u were written\n", i);
			return -EIO;
		}
		bytes += len;
	}
	dev_info(dev, "%u packets, %llu bytes compared, %u interrupts\n", packets, bytes, card->interrupts);
	return 0;
}

static int check(struct card *card)
{
	u32 magic = get(card, FERROLANE_GLOBAL_MAGIC), abi = get(card, FERROLANE_GLOBAL_ABI_VERSION) >> 16;

	if (magic != MAGIC)
		return dev_err_probe(&card->pdev->dev, -ENODEV, "no Ferrolane card: MAGIC reads 0x%08x\n", magic);
	if (abi != FERROLANE_ABI_MAJOR)
		return dev_err_probe(&card->pdev->dev, -ENODEV, "the card's ABI is %u, this driver's %u\n", abi, FERROLANE_ABI_MAJOR);
	return 0;
}

/* All that is taken here and in probe() is managed: it goes, last first, behind remove() or a probe() that failed. */
static int get_memory(struct card *card)
{
	struct device *dev = &card->pdev->dev;
	unsigned int dir;
	int error = dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64));

	if (error)
		return dev_err_probe(dev, error, "no DMA with addresses of 64 bits\n");
	for (dir = 0; dir < DIRECTIONS; dir++) {
		struct queue *queue = &card->queues[dir];

		queue->dir = dir;
		queue->rings = dmam_alloc_coherent(dev, sizeof(*queue->rings), &queue->address, GFP_KERNEL);
		if (!queue->rings)
			return dev_err_probe(dev, -ENOMEM, "no memory for the rings\n");
	}
	card->out = devm_kmalloc(dev, BUFFER, GFP_KERNEL);
	card->back = devm_kmalloc(dev, BUFFER, GFP_KERNEL);
	return card->out && card->back ? 0 : dev_err_probe(dev, -ENOMEM, "no memory for packets\n");
}

static int get_interrupts(struct card *card)
{
	struct pci_dev *pdev = card->pdev;
	int error = pci_alloc_irq_vectors(pdev, VECTORS, VECTORS, PCI_IRQ_MSIX);

	if (error < 0)
		return dev_err_probe(&pdev->dev, error, "no %d MSI-X vectors\n", VECTORS);
	error = devm_request_irq(&pdev->dev, pci_irq_vector(pdev, ERRORS), on_error, 0, NAME "-errors", card);
	if (!error)
		error = devm_request_irq(&pdev->dev, pci_irq_vector(pdev, RECORDS), on_record, 0, NAME "-records", card);
	return error ? dev_err_probe(&pdev->dev, error, "an interrupt can't be had\n") : 0;
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
	error = check(card);
	if (!error)
		error = get_memory(card);
	if (!error)
		error = get_interrupts(card);
	if (error)
		return error;
	/* The card may reach memory only now that there is some. Interrupts are writes, too. */
	pci_set_master(pdev);
	error = queue_start(card, &card->queues[H2C]);
	if (!error)
		error = queue_start(card, &card->queues[C2H]);
	/* Another driver would offer something here; this one does all its work when it is loaded. */
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
