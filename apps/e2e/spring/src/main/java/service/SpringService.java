package service;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.IntegerDeserializer;
import org.apache.kafka.common.serialization.IntegerSerializer;
import org.apache.kafka.common.serialization.Serializer;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.SimpleCommandLinePropertySource;
import org.springframework.kafka.annotation.BackOff;
import org.springframework.kafka.annotation.EnableKafkaRetryTopic;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.support.KafkaHeaders;
import org.springframework.kafka.support.serializer.DelegatingByTypeSerializer;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonSerializer;
import org.springframework.kafka.support.serializer.JsonSerializer;
import org.springframework.messaging.handler.annotation.Header;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.util.backoff.FixedBackOff;
import tools.jackson.databind.json.JsonMapper;

/**
 * A Spring Kafka service as other teams run them. Whatever it listens to fails, each topic in a way of its own; only the records
 * of the topic <code>letters</code> it prints, one line of JSON each. Arguments: <code>--brokers=…</code>, and for each name in
 * braces below the topic.
 */
@Configuration
@EnableKafkaRetryTopic
public class SpringService {
  private static final String group = "spring-group";

  public static void main(String[] args) {
    var context = new AnnotationConfigApplicationContext();
    context.getEnvironment().getPropertySources().addFirst(new SimpleCommandLinePropertySource(args));
    context.register(SpringService.class);
    context.refresh();
  }

  @KafkaListener(groupId = group, topics = "${failing}", containerFactory = "bytes", info = "stock")
  void fail(ConsumerRecord<byte[], byte[]> record) {
    throw new IllegalStateException("재고 없음 " + record.offset());
  }

  /** Keeps the exceptions of earlier trips beside its own. */
  @KafkaListener(groupId = "keeping-group", topics = "${keeping}", containerFactory = "keepingBytes")
  void failAndKeep(ConsumerRecord<byte[], byte[]> record) {
    throw new IllegalStateException("재고 없음 " + record.offset());
  }

  @RetryableTopic(
      attempts = "2",
      backOff = @BackOff(1),
      kafkaTemplate = "bytesTemplate",
      listenerContainerFactory = "plainBytes",
      autoCreateTopics = "false",
      dltTopicSuffix = ".DLT")
  @KafkaListener(groupId = group, topics = "${retried}", containerFactory = "plainBytes")
  void failTwice(ConsumerRecord<byte[], byte[]> record) {
    throw new IllegalStateException("재고 없음 in " + record.topic());
  }

  @KafkaListener(groupId = group, topics = "${jackson3}", containerFactory = "jackson3")
  void neverGetsThere(ConsumerRecord<Integer, Order> record) {}

  @KafkaListener(groupId = group, topics = "${jackson2}", containerFactory = "jackson2")
  void neverGetsThereEither(ConsumerRecord<Integer, Order> record) {}

  @KafkaListener(groupId = group, topics = "${letters}", containerFactory = "plainBytes")
  void print(
      ConsumerRecord<byte[], byte[]> record,
      @Header(KafkaHeaders.DLT_ORIGINAL_TOPIC) String topic,
      @Header(KafkaHeaders.DLT_ORIGINAL_PARTITION) int partition,
      @Header(KafkaHeaders.DLT_ORIGINAL_OFFSET) long offset,
      @Header(KafkaHeaders.DLT_ORIGINAL_TIMESTAMP) long timestamp,
      @Header(KafkaHeaders.DLT_ORIGINAL_TIMESTAMP_TYPE) String timestampType,
      @Header(KafkaHeaders.DLT_ORIGINAL_CONSUMER_GROUP) String consumerGroup,
      @Header(KafkaHeaders.DLT_EXCEPTION_FQCN) String exception,
      @Header(KafkaHeaders.DLT_EXCEPTION_CAUSE_FQCN) String cause,
      @Header(KafkaHeaders.DLT_EXCEPTION_MESSAGE) String message,
      @Header(KafkaHeaders.DLT_EXCEPTION_STACKTRACE) String stack) {
    Map<String, Object> letter = new LinkedHashMap<>();
    letter.put("partitionOfLetter", record.partition());
    letter.put("key", record.key());
    letter.put("value", record.value());
    letter.put("topic", topic);
    letter.put("partition", partition);
    letter.put("offset", Long.toString(offset)); // JavaScript's numbers are too short for it
    letter.put("timestamp", timestamp);
    letter.put("timestampType", timestampType);
    letter.put("group", consumerGroup);
    letter.put("exception", exception);
    letter.put("cause", cause);
    letter.put("message", message);
    letter.put("stack", stack);
    System.out.println(new JsonMapper().writeValueAsString(letter));
  }

  public record Order(int id) {}

  @Value("${brokers}")
  String brokers;

  @Bean
  TaskScheduler scheduler() {
    return new ThreadPoolTaskScheduler(); // of the retry topics
  }

  @Bean
  KafkaTemplate<byte[], byte[]> bytesTemplate() {
    return template(new ByteArraySerializer(), new ByteArraySerializer());
  }

  @Bean
  ConcurrentKafkaListenerContainerFactory<byte[], byte[]> plainBytes() {
    return byteContainers();
  }

  @Bean
  ConcurrentKafkaListenerContainerFactory<byte[], byte[]> bytes(KafkaTemplate<byte[], byte[]> template) {
    return failing(byteContainers(), toDLT(template));
  }

  @Bean
  ConcurrentKafkaListenerContainerFactory<byte[], byte[]> keepingBytes(KafkaTemplate<byte[], byte[]> template) {
    var recoverer = toDLT(template);
    recoverer.setStripPreviousExceptionHeaders(false);
    return failing(byteContainers(), recoverer);
  }

  /** To where Spring Kafka 4 sends dead letters unless it is told: <code>-dlt</code>. */
  @Bean
  ConcurrentKafkaListenerContainerFactory<Integer, Order> jackson3() {
    return failing(orders(), new DeadLetterPublishingRecoverer(template(keys(), new JacksonJsonSerializer<>())));
  }

  @Bean
  @SuppressWarnings("removal")
  ConcurrentKafkaListenerContainerFactory<Integer, Order> jackson2() {
    return failing(orders(), toDLT(template(keys(), new JsonSerializer<>())));
  }

  private static DeadLetterPublishingRecoverer toDLT(KafkaTemplate<?, ?> template) {
    return new DeadLetterPublishingRecoverer(
        template, (record, error) -> new TopicPartition(record.topic() + ".DLT", record.partition()));
  }

  /** Two attempts, and the header by which Spring tells a listener which one it is. */
  private static <K, V> ConcurrentKafkaListenerContainerFactory<K, V> failing(
      ConcurrentKafkaListenerContainerFactory<K, V> containers, DeadLetterPublishingRecoverer recoverer) {
    containers.setCommonErrorHandler(new DefaultErrorHandler(recoverer, new FixedBackOff(0, 1)));
    containers.getContainerProperties().setDeliveryAttemptHeader(true);
    return containers;
  }

  private ConcurrentKafkaListenerContainerFactory<byte[], byte[]> byteContainers() {
    return containers(ByteArrayDeserializer::new, ByteArrayDeserializer::new);
  }

  private ConcurrentKafkaListenerContainerFactory<Integer, Order> orders() {
    return containers(
        () -> new ErrorHandlingDeserializer<>(new IntegerDeserializer()),
        () -> new ErrorHandlingDeserializer<>(new JacksonJsonDeserializer<>(Order.class, false)));
  }

  /** A key that could not be read is sent as the bytes it was. */
  private static Serializer<Object> keys() {
    return new DelegatingByTypeSerializer(
        Map.of(byte[].class, new ByteArraySerializer(), Integer.class, new IntegerSerializer()));
  }

  private <K, V> ConcurrentKafkaListenerContainerFactory<K, V> containers(
      Supplier<Deserializer<K>> keys, Supplier<Deserializer<V>> values) {
    Map<String, Object> settings = Map.of("bootstrap.servers", brokers, "auto.offset.reset", "earliest");
    var containers = new ConcurrentKafkaListenerContainerFactory<K, V>();
    containers.setConsumerFactory(new DefaultKafkaConsumerFactory<>(settings, keys, values));
    return containers;
  }

  private <K, V> KafkaTemplate<K, V> template(Serializer<K> keys, Serializer<V> values) {
    return new KafkaTemplate<>(
        new DefaultKafkaProducerFactory<>(Map.of("bootstrap.servers", brokers), keys, values));
  }
}
