export interface Snippet {
  readonly id: string
  readonly title: string
  readonly install: string
  readonly code: string
}

/** Ready to paste: the real bootstrap servers, one producer and one consumer in each. */
export function snippets(bootstrap: readonly string[], topic: string): readonly Snippet[] {
  const joined = bootstrap.join(',')
  const quoted = (mark: string): string => bootstrap.map((address) => mark + address + mark).join(', ')
  return [
    {
      id: 'kcat',
      title: 'kcat',
      install: 'apt-get install kcat   # or: brew install kcat',
      code: `BROKERS=${joined}

echo 'key:{"hello":"world"}' | kcat -b $BROKERS -t ${topic} -P -K:
kcat -b $BROKERS -t ${topic} -C -o beginning -f '%p @ %o  %k  %s\\n'
kcat -b $BROKERS -G my-group ${topic}`,
    },
    {
      id: 'kafkajs',
      title: 'kafkajs',
      install: 'npm install kafkajs',
      code: `import { Kafka } from 'kafkajs'

const kafka = new Kafka({ clientId: 'my-app', brokers: [${quoted("'")}] })

const producer = kafka.producer()
await producer.connect()
await producer.send({ topic: '${topic}', messages: [{ key: 'key', value: '{"hello":"world"}' }] })

const consumer = kafka.consumer({ groupId: 'my-group' })
await consumer.connect()
await consumer.subscribe({ topic: '${topic}', fromBeginning: true })
await consumer.run({
  eachMessage: async ({ partition, message }) => {
    console.log(partition, message.offset, String(message.key), String(message.value))
  },
})`,
    },
    {
      id: 'java',
      title: 'Java',
      install: 'org.apache.kafka:kafka-clients:4.3.1',
      code: `Properties config = new Properties();
config.put("bootstrap.servers", "${joined}");
config.put("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
config.put("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");

try (var producer = new KafkaProducer<String, String>(config)) {
  var metadata = producer.send(new ProducerRecord<>("${topic}", "key", "{\\"hello\\":\\"world\\"}")).get();
  System.out.println(metadata.partition() + " @ " + metadata.offset());
}

// Or with Kafka's own tools:
// kafka-console-producer.sh --topic ${topic} \\
//   --bootstrap-server ${joined}
// kafka-console-consumer.sh --topic ${topic} --group my-group --from-beginning \\
//   --bootstrap-server ${joined}`,
    },
    {
      id: 'python',
      title: 'Python',
      install: 'pip install confluent-kafka',
      code: `from confluent_kafka import Consumer, Producer

producer = Producer({"bootstrap.servers": "${joined}"})
producer.produce("${topic}", key="key", value='{"hello":"world"}')
producer.flush()

consumer = Consumer({
    "bootstrap.servers": "${joined}",
    "group.id": "my-group",
    "auto.offset.reset": "earliest",
})
consumer.subscribe(["${topic}"])
while True:
    message = consumer.poll(1.0)
    if message is not None and message.error() is None:
        print(message.partition(), message.offset(), message.key(), message.value())`,
    },
    {
      id: 'go',
      title: 'Go (franz-go)',
      install: 'go get github.com/twmb/franz-go/pkg/kgo',
      code: `ctx := context.Background()
client, err := kgo.NewClient(
	kgo.SeedBrokers(${quoted('"')}),
	kgo.AllowAutoTopicCreation(),
	kgo.ConsumerGroup("my-group"),
	kgo.ConsumeTopics("${topic}"),
	kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
)
if err != nil {
	log.Fatal(err)
}
defer client.Close()

record := &kgo.Record{Topic: "${topic}", Key: []byte("key"), Value: []byte(\`{"hello":"world"}\`)}
if err := client.ProduceSync(ctx, record).FirstErr(); err != nil {
	log.Fatal(err)
}
for {
	fetches := client.PollFetches(ctx)
	fetches.EachRecord(func(r *kgo.Record) {
		fmt.Println(r.Partition, r.Offset, string(r.Key), string(r.Value))
	})
}`,
    },
  ]
}
