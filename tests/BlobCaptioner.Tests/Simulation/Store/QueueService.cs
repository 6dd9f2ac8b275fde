using System.Buffers;
using System.Globalization;
using System.Text;
using System.Xml;
using Azure.Core;

namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>The Queue service.</summary>
internal sealed class QueueService(TimeProvider time, Dice dice)
{
    private const int MostBytes = 64 * 1024;
    private const int LongestVisibility = 7 * 24 * 3600;
    private static readonly TimeSpan Deleting = TimeSpan.FromSeconds(30);
    private static readonly DateTimeOffset Never = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    private const string Begin = "<?xml version=\"1.0\" encoding=\"utf-8\"?><QueueMessage><MessageText>";
    private const string End = "</MessageText></QueueMessage>";
    private static readonly SearchValues<char> Base64 = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=");

    private readonly Dictionary<string, StoredQueue> _queues = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _deleted = new(StringComparer.Ordinal);

    /// <summary>How often a delivery takes another message than the first visible one; 0 to 1.</summary>
    public double Disorder { get; set; }

    /// <summary>A queue's messages, in the order of their insertion; expired ones are gone. For a test's eyes: nothing is requested.</summary>
    public IReadOnlyList<StoredMessage> All(string queue) => _queues.TryGetValue(queue, out var found) ? Fresh(found).Messages : [];

    /// <summary>Removes a message as an operator does who has received it.</summary>
    public bool Remove(string queue, string id) => _queues.TryGetValue(queue, out var found) && found.Messages.RemoveAll(m => m.Id == id) > 0;

    /// <summary>Creates a queue without a request.</summary>
    public void Add(string queue) => _queues[queue] = new();

    /// <summary>Sends a message without a request.</summary>
    public void Add(string queue, string text, DateTimeOffset visibleAt) => _queues[queue].Messages.Add(new()
    {
        Id = NextId(),
        Inserted = time.GetUtcNow(),
        Expires = Never,
        Text = text,
        PopReceipt = NextReceipt(),
        VisibleAt = visibleAt,
    });

    public StoreResponse Answer(StoreRequest request)
    {
        var (name, rest) = request.Path();
        var method = request.Method;
        if (rest.Length == 0 && method == RequestMethod.Put && request.Query("comp").Length == 0)
        {
            return Create(request, name);
        }

        if (!_queues.TryGetValue(name, out var queue))
        {
            return StoreResponse.Error(404, "QueueNotFound");
        }

        Fresh(queue);
        var id = rest.StartsWith("messages/", StringComparison.Ordinal) ? rest["messages/".Length..] : "";
        return rest switch
        {
            "" when (method == RequestMethod.Get || method == RequestMethod.Head) && request.Query("comp") == "metadata" =>
                new StoreResponse(200).With("x-ms-approximate-messages-count", $"{queue.Messages.Count}"),
            "" when method == RequestMethod.Delete => DeleteQueue(name),
            "messages" when method == RequestMethod.Post => Put(request, queue),
            "messages" when method == RequestMethod.Get => Get(request, queue),
            "messages" when method == RequestMethod.Delete => Clear(queue),
            _ when id.Length > 0 && method == RequestMethod.Put => Update(request, queue, id),
            _ when id.Length > 0 && method == RequestMethod.Delete => Delete(request, queue, id),
            _ => throw SimulatedStore.Unknown(request),
        };
    }

    private StoreResponse Create(StoreRequest request, string name)
    {
        if (request.HeaderList.Any(h => h.Name.StartsWith("x-ms-meta-", StringComparison.OrdinalIgnoreCase)))
        {
            throw SimulatedStore.Unknown(request);
        }

        if (_queues.ContainsKey(name))
        {
            return new(204);
        }

        if (_deleted.TryGetValue(name, out var deleted) && time.GetUtcNow() - deleted < Deleting)
        {
            return StoreResponse.Error(409, "QueueBeingDeleted");
        }

        _queues[name] = new();
        return new(201);
    }

    private StoreResponse DeleteQueue(string name)
    {
        _queues.Remove(name);
        _deleted[name] = time.GetUtcNow();
        return new(204);
    }

    private static StoreResponse Clear(StoredQueue queue)
    {
        queue.Messages.Clear();
        return new(204);
    }

    private StoreResponse Put(StoreRequest request, StoredQueue queue)
    {
        if (ReadText(request.Body, out var refused) is not { } text)
        {
            return refused!;
        }

        var (now, life, wait) = (time.GetUtcNow(), Number(request, "messagettl", 7 * 24 * 3600), Number(request, "visibilitytimeout", 0));
        if (wait is < 0 or > LongestVisibility || (life != -1 && wait >= life))
        {
            return StoreResponse.Error(400, "OutOfRangeQueryParameterValue");
        }

        var message = new StoredMessage
        {
            Id = NextId(),
            Inserted = now,
            Expires = life == -1 ? Never : now + TimeSpan.FromSeconds(life),
            Text = text,
            PopReceipt = NextReceipt(),
            VisibleAt = now + TimeSpan.FromSeconds(wait),
        };
        queue.Messages.Add(message);
        return Xml(201, xml => Write(xml, message, withReceipt: true, withText: false));
    }

    private StoreResponse Get(StoreRequest request, StoredQueue queue)
    {
        var (peek, most, hide) = (request.Query("peekonly") == "true", Number(request, "numofmessages", 1), Number(request, "visibilitytimeout", 30));
        if (most is < 1 or > 32 || hide is < 1 or > LongestVisibility)
        {
            return StoreResponse.Error(400, "OutOfRangeQueryParameterValue");
        }

        var now = time.GetUtcNow();
        var visible = queue.Messages.FindAll(m => m.VisibleAt <= now);
        while (visible.Count > most)
        {
            visible.RemoveAt(dice.Chance(Disorder) ? dice.Below(visible.Count) : visible.Count - 1);
        }

        foreach (var message in visible)
        {
            if (!peek)
            {
                message.Dequeued++;
                message.PopReceipt = NextReceipt();
                message.VisibleAt = now + TimeSpan.FromSeconds(hide);
            }
        }

        return Xml(200, xml => visible.ForEach(m => Write(xml, m, withReceipt: !peek, withText: true)));
    }

    private StoreResponse Update(StoreRequest request, StoredQueue queue, string id)
    {
        if (Refuse(request, queue, id, out var message) is { } refused)
        {
            return refused;
        }

        if (request.Body.Length > 0)
        {
            if (ReadText(request.Body, out var bad) is not { } text)
            {
                return bad!;
            }

            message!.Text = text;
        }

        var hide = Number(request, "visibilitytimeout", -1);
        if (hide is < 0 or > LongestVisibility)
        {
            return StoreResponse.Error(400, "OutOfRangeQueryParameterValue");
        }

        message!.PopReceipt = NextReceipt();
        message.VisibleAt = time.GetUtcNow() + TimeSpan.FromSeconds(hide);
        return new StoreResponse(204).With("x-ms-popreceipt", message.PopReceipt).With("x-ms-time-next-visible", SimulatedStore.Time(message.VisibleAt));
    }

    private static StoreResponse Delete(StoreRequest request, StoredQueue queue, string id)
    {
        if (Refuse(request, queue, id, out var message) is { } refused)
        {
            return refused;
        }

        queue.Messages.Remove(message!);
        return new(204);
    }

    private static StoreResponse? Refuse(StoreRequest request, StoredQueue queue, string id, out StoredMessage? message)
    {
        message = queue.Messages.Find(m => m.Id == id);
        return message is null
            ? StoreResponse.Error(404, "MessageNotFound")
            : message.PopReceipt != request.Query("popreceipt") ? StoreResponse.Error(400, "PopReceiptMismatch") : null;
    }

    private StoredQueue Fresh(StoredQueue queue)
    {
        var now = time.GetUtcNow();
        queue.Messages.RemoveAll(m => m.Expires <= now);
        return queue;
    }

    private static string? ReadText(byte[] body, out StoreResponse? refused)
    {
        refused = null;
        var whole = Encoding.UTF8.GetString(body);
        if (whole.StartsWith(Begin, StringComparison.Ordinal) && whole.EndsWith(End, StringComparison.Ordinal) && whole.AsSpan(Begin.Length..^End.Length).IndexOfAnyExcept(Base64) < 0)
        {
            // our own messages, without a parser
            refused = whole.Length - Begin.Length - End.Length <= MostBytes ? null : StoreResponse.Error(413, "RequestBodyTooLarge");
            return refused is null ? whole[Begin.Length..^End.Length] : null;
        }

        try
        {
            using var stream = new MemoryStream(body, writable: false);
            using var xml = XmlReader.Create(stream);
            xml.ReadToFollowing("MessageText");
            var text = xml.ReadElementContentAsString();
            if (Encoding.UTF8.GetByteCount(text) <= MostBytes)
            {
                return text;
            }

            refused = StoreResponse.Error(413, "RequestBodyTooLarge");
        }
        catch (XmlException)
        {
            refused = StoreResponse.Error(400, "InvalidXmlDocument");
        }

        return null;
    }

    private static StoreResponse Xml(int status, Action<StringBuilder> write)
    {
        var xml = new StringBuilder("<?xml version=\"1.0\" encoding=\"utf-8\"?><QueueMessagesList>", 1024);
        write(xml);
        xml.Append("</QueueMessagesList>");
        return new StoreResponse(status).With("Content-Type", "application/xml").WithBody(Encoding.UTF8.GetBytes(xml.ToString()));
    }

    private static void Write(StringBuilder xml, StoredMessage message, bool withReceipt, bool withText)
    {
        xml.Append("<QueueMessage>")
            .Element("MessageId", message.Id)
            .Element("InsertionTime", SimulatedStore.Time(message.Inserted))
            .Element("ExpirationTime", SimulatedStore.Time(message.Expires));
        if (withReceipt)
        {
            xml.Element("PopReceipt", message.PopReceipt).Element("TimeNextVisible", SimulatedStore.Time(message.VisibleAt));
        }

        if (withText)
        {
            xml.Element("DequeueCount", $"{message.Dequeued}").Element("MessageText", message.Text);
        }

        xml.Append("</QueueMessage>");
    }

    private static int Number(StoreRequest request, string name, int otherwise)
    {
        var value = request.Query(name);
        return value.Length == 0 ? otherwise : int.Parse(value, CultureInfo.InvariantCulture);
    }

    private string NextId() => $"{dice.Next():x8}-0000-4000-8000-{dice.Next() >> 16:x12}"[^36..];

    private string NextReceipt() => Convert.ToBase64String(BitConverter.GetBytes(dice.Next()));
}
