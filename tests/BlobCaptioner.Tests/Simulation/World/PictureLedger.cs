using System.Text;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.Simulation.Scheduling;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>What people did to pictures and records, and what must be seen of it at the end.</summary>
internal sealed class PictureLedger(SimulatedWorld world)
{
    private readonly Dictionary<string, int> _epochs = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _deleted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _edits = new(StringComparer.Ordinal);
    private readonly HashSet<(string Name, string By)> _unanswered = [];
    private readonly Dictionary<string, DateTimeOffset> _written = new(StringComparer.Ordinal);
    private readonly List<AcceptedRedo> _redos = [];
    private int _all;

    /// <summary>Redos that a person was told are on their way.</summary>
    public IReadOnlyList<AcceptedRedo> Redos => _redos;

    /// <summary>Changes whenever a picture, or one of a product's, must be described anew.</summary>
    public int EpochOf(string name) => _all + (ProductRecords.IsProductRecord(name)
        ? _epochs.Where(e => e.Key.StartsWith(name.Split('.')[0] + "-", StringComparison.Ordinal)).Sum(e => e.Value)
        : _epochs.GetValueOrDefault(name));

    public string PictureName(int number) => world.Plan.HasProducts ? $"{(char)('a' + (number % 2))}-{1 + (number / 2)}.jpg" : $"p{number}.jpg";

    public bool Exists(string name) => world.Loop.Store.Blobs.Find(world.Names.ImagesContainer, name) is not null;

    public void Upload(string name, string content)
    {
        var store = world.Loop.Store.Blobs;
        var bytes = Encoding.UTF8.GetBytes(content);
        if (store.Find(world.Names.ImagesContainer, name)?.Content.AsSpan().SequenceEqual(bytes) != true)
        {
            Changed(name);
        }

        store.Write(world.Names.ImagesContainer, name, bytes);
    }

    public void Delete(string name)
    {
        if (world.Loop.Store.Blobs.Remove(world.Names.ImagesContainer, name))
        {
            Changed(name);
            _deleted[name] = world.Loop.Now;
            _edits.Remove(name);
        }
    }

    public void Changed(string name) => _epochs[name] = _epochs.GetValueOrDefault(name) + 1;

    public void AllChanged() => _all++;

    public void Edited(string name, string by)
    {
        _edits[name] = by;
        _unanswered.Remove((name, by));
    }

    /// <summary>A person edits. The answer may be lost, and the edit stored all the same.</summary>
    public void Editing(string name, string by) => _unanswered.Add((name, by));

    /// <summary>A file of another kind took the place of a record: what was edited there is gone.</summary>
    public void Overwritten(string name)
    {
        Changed(name);
        _edits.Remove(name);
    }

    public void Accepted(AcceptedRedo redo) => _redos.Add(redo);

    /// <summary>A process wrote or deleted a blob beside the images.</summary>
    public void RecordChanged(PendingRequest request, string name)
    {
        if (!request.Process.Name.StartsWith("page", StringComparison.Ordinal))
        {
            _written[name] = world.Loop.Now;
        }

        if (world.Loop.Store.Blobs.Find(world.Names.ImagesContainer, name) is { } blob)
        {
            world.Calls.Recorded(Encoding.UTF8.GetString(blob.Content));
        }

        if (request.Request.Header("If-Match") is null && request.Request.Header("If-None-Match") is null)
        {
            world.Violate("write-without-condition", $"{request.Process.Name} changed '{name}' without a condition.");
        }
    }

    /// <summary>Looks at everything once it has come to rest.</summary>
    public void CheckAtRest()
    {
        var store = world.Loop.Store.Blobs;
        foreach (var blob in store.All(world.Names.ImagesContainer))
        {
            if (ImageNames.IsImage(blob.Name))
            {
                CheckPicture(blob.Name, blob.ETag, isBad: blob.Content.AsSpan().StartsWith("bad"u8));
            }
            else if (!ProductRecords.IsProductRecord(blob.Name) && blob.Name[..^".json".Length] is var image && !Exists(image) && _deleted.TryGetValue(image, out var at)
                && _written.TryGetValue(blob.Name, out var written) && written > at + TimeSpan.FromMinutes(1))
            {
                world.Violate("record-without-picture", $"'{blob.Name}' was written {written - at} after its picture was deleted.");
            }
        }

        _redos.ForEach(CheckRedo);
    }

    private void CheckPicture(string name, string etag, bool isBad)
    {
        if (ReadRecord(name) is not { } record)
        {
            world.Violate("no-record", $"'{name}' has no record at the end.");
            return;
        }

        if (record.Image.ETag != etag)
        {
            world.Violate("stale-record", $"'{name}' has a record of version {record.Image.ETag} at the end, not of {etag}.");
        }

        if (isBad != (record.Status == RecordStatus.Rejected))
        {
            world.Violate("wrong-status", $"'{name}' is {record.Status} at the end: {record.Error?.Code} {record.Error?.Message}");
        }

        var (inVain, excused) = (world.Calls.InVain(name), world.Tickets.Excused(name));
        if (record.Status == RecordStatus.Failed && record.Error?.Code != "too-odd" && inVain + excused < SimulatedWorld.MaxTries)
        {
            world.Violate("given-up", $"'{name}' was given up ({record.Error?.Code}: {record.Error?.Message}) though only {inVain} calls of the model came to nothing, and {excused} workers died right after their take.");
        }

        if (_edits.TryGetValue(name, out var by) && RecordReview.Read(record.Review).By is var last && last != by && !(last is not null && _unanswered.Contains((name, last))))
        {
            world.Violate("edit-lost", $"'{name}' lost the review by {by}: {record.Review}");
        }
    }

    private void CheckRedo(AcceptedRedo redo)
    {
        if (redo.Epoch != EpochOf(redo.Name) || ReadRecord(redo.Name) is not { Status: RecordStatus.Described } record)
        {
            return;
        }

        if (ProductRecords.IsProductRecord(redo.Name) && !HasDescribedView(redo.Name))
        {
            // its views failed meanwhile: nothing can be shown to the model
            return;
        }

        foreach (var field in redo.Fields)
        {
            var text = record.Copy.Values.Select(c => c.TryGetValue(field, out var value) ? value.ToString() : null).FirstOrDefault(t => t is not null)
                ?? (record.Attributes.TryGetValue(field, out var attribute) ? attribute.Value?.ToString() : null);
            if (world.Calls.WriterOf(text) is { } call && call.Began < redo.At)
            {
                world.Violate("redo-lost", $"The redo of {field} of '{redo.Name}', accepted at {redo.At - SimulatedWorld.Start:hh\\:mm\\:ss} as {redo.Answer}, was never done: the text is still that of call {call.Id} at {call.Began - SimulatedWorld.Start:hh\\:mm\\:ss}.");
            }
        }
    }

    private bool HasDescribedView(string product) => world.Loop.Store.Blobs.All(world.Names.ImagesContainer).Any(b =>
        ImageNames.IsImage(b.Name) && ProductRecords.NameFor(b.Name, b.Name.Split('-')[0]) == product && ReadRecord(b.Name) is { Status: RecordStatus.Described });

    /// <summary>The version that a picture's record is of; null without a record.</summary>
    public string? RecordedVersion(string name) => ReadRecord(name)?.Image.ETag;

    private CaptionRecord? ReadRecord(string name)
    {
        var recordName = ProductRecords.IsProductRecord(name) ? name : ImageNames.RecordFor(name);
        return world.Loop.Store.Blobs.Find(world.Names.ImagesContainer, recordName) is { } blob ? RecordFile.Read(new(blob.Content)).Record : null;
    }
}

/// <summary>A redo that a person was told is on its way.</summary>
/// <param name="Name">The picture or product record.</param>
/// <param name="Fields">The fields to write anew.</param>
/// <param name="At">When the person asked.</param>
/// <param name="Epoch">The picture's epoch then.</param>
/// <param name="Answer">What the person was told.</param>
internal sealed record AcceptedRedo(string Name, IReadOnlyList<string> Fields, DateTimeOffset At, int Epoch, string Answer);
