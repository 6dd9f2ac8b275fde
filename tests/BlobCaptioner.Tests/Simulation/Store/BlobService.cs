using System.Globalization;
using Azure.Core;

namespace BlobCaptioner.Tests.Simulation.Store;

/// <summary>The Blob service: containers, block blobs, metadata, conditions, listings; leases are in <see cref="BlobLeases"/>.</summary>
internal sealed class BlobService(TimeProvider time, Dice dice)
{
    /// <summary>How long the name of a deleted container can't be used.</summary>
    private static readonly TimeSpan Deleting = TimeSpan.FromSeconds(30);

    private const int MostMetadata = 8 * 1024;
    private readonly Dictionary<string, StoredContainer> _containers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _deleted = new(StringComparer.Ordinal);
    private ulong _writes = dice.Next() % 1_000_000;

    /// <summary>A blob as it lies there; null for none. For a test's eyes: nothing is requested.</summary>
    public StoredBlob? Find(string container, string name) => _containers.GetValueOrDefault(container)?.Blobs.GetValueOrDefault(name);

    /// <summary>A container's blobs in name order.</summary>
    public IReadOnlyCollection<StoredBlob> All(string container) => _containers.TryGetValue(container, out var found) ? found.Blobs.Values : [];

    /// <summary>Removes a blob as a lifecycle rule does.</summary>
    public bool Remove(string container, string name) => _containers.GetValueOrDefault(container)?.Blobs.Remove(name) ?? false;

    /// <summary>Creates a container without a request.</summary>
    public void Add(string container) => _containers[container] = new(container, time.GetUtcNow());

    /// <summary>Writes a blob as a person's tool does, without a request.</summary>
    public void Write(string container, string name, byte[] content)
    {
        var (present, now) = (Find(container, name), time.GetUtcNow());
        _containers[container].Blobs[name] = new(name)
        {
            Content = content,
            ContentType = "application/octet-stream",
            Metadata = [],
            ETag = NextETag(),
            Created = present?.Created ?? now,
            LastModified = now,
        };
    }

    public StoreResponse Answer(StoreRequest request)
    {
        var (container, name) = request.Path();
        if (name.Length == 0)
        {
            return AnswerContainer(request, container);
        }

        if (!_containers.TryGetValue(container, out var found))
        {
            return StoreResponse.Error(404, "ContainerNotFound");
        }

        if (name.Length > 1024 || name.Any(char.IsControl))
        {
            // Azure's frontend refuses them; Azurite stores a control character and then fails at every listing
            return StoreResponse.Error(400, "InvalidUri");
        }

        var (method, part) = (request.Method, request.Query("comp"));
        return (part, method) switch
        {
            ("", _) when method == RequestMethod.Put => Put(request, found, name),
            ("", _) when method == RequestMethod.Get || method == RequestMethod.Head => Get(request, found, name),
            ("", _) when method == RequestMethod.Delete => Delete(request, found, name),
            ("metadata", _) when method == RequestMethod.Put => SetMetadata(request, found, name),
            ("lease", _) when method == RequestMethod.Put => Lease(request, found, name),
            _ => throw SimulatedStore.Unknown(request),
        };
    }

    private StoreResponse AnswerContainer(StoreRequest request, string container)
    {
        if (request.Query("restype") != "container")
        {
            throw SimulatedStore.Unknown(request);
        }

        if (request.Method == RequestMethod.Put && request.Query("comp").Length == 0)
        {
            return Create(container);
        }

        if (!_containers.TryGetValue(container, out var found))
        {
            return StoreResponse.Error(404, "ContainerNotFound");
        }

        if (request.Method == RequestMethod.Get && request.Query("comp") == "list")
        {
            return BlobListing.Answer(request, found);
        }

        if (request.Query("comp").Length > 0)
        {
            throw SimulatedStore.Unknown(request);
        }

        if (request.Method == RequestMethod.Delete)
        {
            _containers.Remove(container);
            _deleted[container] = time.GetUtcNow();
            return new(202);
        }

        return Versioned(new(200), $"0x{found.Created.Ticks:X}", found.Created);
    }

    private StoreResponse Create(string container)
    {
        if (container.Length is < 3 or > 63 || container.Any(c => !char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-') || container.Contains("--", StringComparison.Ordinal))
        {
            return StoreResponse.Error(400, "InvalidResourceName");
        }

        if (_containers.ContainsKey(container))
        {
            return StoreResponse.Error(409, "ContainerAlreadyExists");
        }

        var now = time.GetUtcNow();
        if (_deleted.TryGetValue(container, out var deleted) && now - deleted < Deleting)
        {
            return StoreResponse.Error(409, "ContainerBeingDeleted");
        }

        _containers[container] = new(container, now);
        return Versioned(new(201), $"0x{now.Ticks:X}", now);
    }

    private StoreResponse Put(StoreRequest request, StoredContainer container, string name)
    {
        if (request.Header("x-ms-blob-type") != "BlockBlob" || request.Header("x-ms-copy-source") is not null)
        {
            throw SimulatedStore.Unknown(request);
        }

        var present = container.Blobs.GetValueOrDefault(name);
        if (present is not null && request.Header("If-None-Match") == "*")
        {
            return StoreResponse.Error(409, "BlobAlreadyExists");
        }

        if (present is null && (request.Header("If-Match") is not null || request.Header("x-ms-lease-id") is not null))
        {
            return StoreResponse.Error(412, request.Header("If-Match") is null ? "LeaseNotPresentWithBlobOperation" : "ConditionNotMet");
        }

        if (present is not null && Refuse(request, present, isWrite: true) is { } refused)
        {
            return refused;
        }

        var metadata = MetadataOf(request);
        if (metadata.Sum(m => m.Key.Length + m.Value.Length) > MostMetadata)
        {
            return StoreResponse.Error(400, "MetadataTooLarge");
        }

        var (now, etag) = (time.GetUtcNow(), NextETag());
        container.Blobs[name] = new(name)
        {
            Content = request.Body,
            ContentType = request.Header("x-ms-blob-content-type") ?? request.Header("Content-Type") ?? "application/octet-stream",
            Metadata = metadata,
            ETag = etag,
            Created = present?.Created ?? now,
            LastModified = now,
            Lease = BlobLeases.AfterWrite(present, etag, now),
        };
        return Versioned(new(201), etag, now);
    }

    private StoreResponse Get(StoreRequest request, StoredContainer container, string name)
    {
        if (!container.Blobs.TryGetValue(name, out var blob))
        {
            return StoreResponse.Error(404, "BlobNotFound");
        }

        if (Refuse(request, blob, isWrite: false) is { } refused)
        {
            return refused;
        }

        var (content, status, range) = (blob.Content, 200, "");
        if ((request.Header("x-ms-range") ?? request.Header("Range")) is { } asked)
        {
            var ends = asked["bytes=".Length..].Split('-');
            var first = long.Parse(ends[0], CultureInfo.InvariantCulture);
            if (first >= content.Length)
            {
                return StoreResponse.Error(416, "InvalidRange");
            }

            var last = ends[1].Length == 0 ? content.Length - 1 : Math.Min(long.Parse(ends[1], CultureInfo.InvariantCulture), content.Length - 1);
            range = $"bytes {first}-{last}/{content.Length}";
            (content, status) = (content[(int)first..(int)(last + 1)], 206);
        }

        var answer = Versioned(new StoreResponse(status), blob.ETag, blob.LastModified)
            .With("Content-Type", blob.ContentType)
            .With("x-ms-blob-type", "BlockBlob")
            .With("x-ms-creation-time", SimulatedStore.Time(blob.Created))
            .With("x-ms-lease-status", blob.IsLeased(time.GetUtcNow()) ? "locked" : "unlocked")
            .With("x-ms-lease-state", BlobLeases.State(blob, time.GetUtcNow()))
            .WithBody(content);
        if (range.Length > 0)
        {
            answer.With("Content-Range", range);
        }

        foreach (var (key, value) in blob.Metadata)
        {
            answer.With($"x-ms-meta-{key}", value);
        }

        return answer;
    }

    private StoreResponse Delete(StoreRequest request, StoredContainer container, string name)
    {
        if (!container.Blobs.TryGetValue(name, out var blob))
        {
            return StoreResponse.Error(404, "BlobNotFound");
        }

        if (Refuse(request, blob, isWrite: true) is { } refused)
        {
            return refused;
        }

        container.Blobs.Remove(name);
        return new(202);
    }

    private StoreResponse SetMetadata(StoreRequest request, StoredContainer container, string name)
    {
        if (!container.Blobs.TryGetValue(name, out var blob))
        {
            return StoreResponse.Error(404, "BlobNotFound");
        }

        if (Refuse(request, blob, isWrite: true) is { } refused)
        {
            return refused;
        }

        var (now, etag) = (time.GetUtcNow(), NextETag());
        container.Blobs[name] = blob with { Metadata = MetadataOf(request), ETag = etag, LastModified = now, Lease = BlobLeases.AfterWrite(blob, etag, now) };
        return Versioned(new(200), etag, now);
    }

    private StoreResponse Lease(StoreRequest request, StoredContainer container, string name)
    {
        if (!container.Blobs.TryGetValue(name, out var blob))
        {
            return StoreResponse.Error(404, "BlobNotFound");
        }

        var (answer, lease) = BlobLeases.Answer(request, blob, time.GetUtcNow(), dice);
        container.Blobs[name] = blob with { Lease = lease };
        return Versioned(answer, blob.ETag, blob.LastModified);
    }

    /// <summary>The answer to a request whose conditions aren't met; null where they are.</summary>
    private StoreResponse? Refuse(StoreRequest request, StoredBlob blob, bool isWrite)
    {
        if (request.Header("If-Modified-Since") is not null || request.Header("If-Unmodified-Since") is not null || request.Header("x-ms-if-tags") is not null)
        {
            throw SimulatedStore.Unknown(request);
        }

        if (request.Header("If-Match") is { } match && match != "*" && match.Trim('"') != blob.ETag)
        {
            return StoreResponse.Error(412, "ConditionNotMet");
        }

        return request.Header("If-None-Match") is { } none && (none == "*" || none.Trim('"') == blob.ETag)
            ? StoreResponse.Error(isWrite ? 412 : 304, "ConditionNotMet")
            : BlobLeases.Refuse(request.Header("x-ms-lease-id"), blob, time.GetUtcNow(), isWrite);
    }

    private static List<(string Key, string Value)> MetadataOf(StoreRequest request) =>
        [.. request.HeaderList.Where(h => h.Name.StartsWith("x-ms-meta-", StringComparison.OrdinalIgnoreCase)).Select(h => (h.Name["x-ms-meta-".Length..], h.Value))];

    private string NextETag() => $"0x8D{++_writes:X6}{dice.Next() % 0x10000000:X7}";

    private static StoreResponse Versioned(StoreResponse answer, string etag, DateTimeOffset modified) =>
        answer.With("ETag", $"\"{etag}\"").With("Last-Modified", SimulatedStore.Time(modified));
}
