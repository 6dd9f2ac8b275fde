using System.Text.Json;
using BlobCaptioner.Captioning;
using BlobCaptioner.Pipeline.Sweeps;
using BlobCaptioner.Records;
using BlobCaptioner.Storage;
using BlobCaptioner.Tests.Simulation.Scheduling;
using JobTickets = BlobCaptioner.Pipeline.Tickets;

namespace BlobCaptioner.Tests.Simulation.World;

/// <summary>Does one action of a plan.</summary>
internal sealed class ActionRun(SimulatedWorld world, PlannedAction action)
{
    private static readonly string[] Contents = ["red", "green", "blue"];

    private static readonly string[] BadMessages =
    [
        "not a job", "AAAA", "null", "{\"container\":\"images\",\"name\":\"\"}", "{\"container\":\"images\",\"name\":\"a\\u0001b.jpg\"}", "{\"container\":\"images\",\"name\":\"../prepared/x.jpg\"}",
        $"{{\"container\":\"{new string('x', 60_000)}\",\"name\":\"a\"}}", $"{{\"container\":\"images\",\"name\":\"{new string('n', 2000)}\"}}", "{\"container\":\"images\",\"name\":\"gone.jpg\",\"returned\":-5}",
        "{\"container\":\"images\",\"name\":\"gone.jpg\",\"returned\":2147483647}", "{\"container\":\"images\",\"name\":\"p0.jpg\",\"returned\":-7}", new('[', 30_000),
    ];

    private readonly Dice _dice = world.Loop.Dice.Of($"action {action.Number} {action.Kind} {action.At.Ticks}");
    private readonly PictureLedger _pictures = world.Pictures;

    private string Name => _pictures.PictureName(action.Number % world.Plan.Pictures);

    private string Content => _dice.Below(16) == 0 ? "bad" : Contents[action.Number / 16 % Contents.Length];

    public void Do()
    {
        if (world.Violation is not null)
        {
            return;
        }

        world.Note("", $"{action.Kind} {(action.Kind <= ActionKind.Event || action.Kind is ActionKind.Redo or ActionKind.Edit or ActionKind.ModelFails or ActionKind.ModelHangs or ActionKind.BadRecord or ActionKind.BadTicket ? Name : "")}");
        var (queues, queue) = (world.Loop.Store.Queues, world.Names.CaptionsQueue);
        switch (action.Kind)
        {
            case ActionKind.Upload:
                _pictures.Upload(Name, Content);
                break;
            case ActionKind.UploadSame:
                _pictures.Upload(Name, world.Loop.Store.Blobs.Find(world.Names.ImagesContainer, Name) is { } blob ? System.Text.Encoding.UTF8.GetString(blob.Content) : Content);
                break;
            case ActionKind.Delete:
                _pictures.Delete(Name);
                break;
            case ActionKind.Event:
                for (var times = _dice.Chance(0.3) ? 2 : 1; times > 0; times--)
                {
                    world.Events.Deliver(Name);
                }

                break;
            case ActionKind.Sweep:
                world.Staff.StartSweep(1 + _dice.Below(4));
                break;
            case ActionKind.Redo:
                Redo();
                if (_dice.Chance(0.3))
                {
                    // who asks for one part often asks for another
                    world.Loop.At(world.Loop.Now + _dice.Between(TimeSpan.Zero, TimeSpan.FromSeconds(5)), Redo);
                }

                break;
            case ActionKind.ChangeProfile:
                world.ChangeProfile();
                break;
            case ActionKind.Edit:
                Edit(Name);
                break;
            case ActionKind.ClearQueue:
                world.Events.HasLostMessages = true;
                foreach (var message in queues.All(queue).Where(m => m.Text != "ballast").ToList())
                {
                    queues.Remove(queue, message.Id);
                }

                break;
            case ActionKind.LoseMessage or ActionKind.DoubleMessage:
                var messages = queues.All(queue).Where(m => m.Text != "ballast").ToList();
                if (messages.Count > 0 && _dice.Pick(messages) is var picked)
                {
                    if (action.Kind == ActionKind.LoseMessage)
                    {
                        world.Events.HasLostMessages = true;
                        queues.Remove(queue, picked.Id);
                    }
                    else
                    {
                        queues.Add(queue, picked.Text, world.Loop.Now);
                    }
                }

                break;
            case ActionKind.LosePrepared:
                foreach (var prepared in world.Loop.Store.Blobs.All(world.Names.PreparedContainer).Where(b => !b.Name.StartsWith('_')).ToList())
                {
                    world.Loop.Store.Blobs.Remove(world.Names.PreparedContainer, prepared.Name);
                }

                break;
            case ActionKind.BadMessage:
                queues.Add(queue, _dice.Pick(BadMessages), world.Loop.Now);
                break;
            case ActionKind.BadRecord:
                SpoilRecord();
                break;
            case ActionKind.BadTicket:
                var ticket = JobTickets.NameOf(world.Names.ImagesContainer, Name);
                world.Loop.Store.Blobs.Write(world.Names.PreparedContainer, ticket, "{\"no\":1}"u8.ToArray());
                world.Tickets.Reread(ticket);
                _pictures.Changed(Name);
                break;
            case ActionKind.ModelFails:
                world.AddTrouble(Name, ModelTrouble.Fails, 1 + _dice.Below(4));
                break;
            case ActionKind.ModelHangs:
                world.AddTrouble(Name, ModelTrouble.Hangs, 1);
                break;
            case ActionKind.Outage:
                world.BeginOutage(_dice.Between(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(6)));
                break;
            case ActionKind.Refusal:
                world.BeginRefusal(_dice.Chance(0.5) ? Fault.SignIn : Fault.Forbidden, _dice.Between(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(6)));
                break;
            default:
                Manage();
                break;
        }
    }

    private void Manage()
    {
        var (workers, hosts) = (world.Staff.Workers, world.Staff.Hosts);
        switch (action.Kind)
        {
            case ActionKind.WorkerStart when workers.Count < 3:
                world.Staff.StartWorker();
                break;
            case ActionKind.HostStart when hosts.Count < 2:
                world.Staff.StartHost();
                break;
            case ActionKind.HostKill when hosts.Count > 0:
                Kill(_dice.Pick(hosts).Process);
                break;
            case ActionKind.WorkerKill when workers.Count > 0:
                Kill(_dice.Pick(workers).Process);
                break;
            case ActionKind.WorkerStop or ActionKind.WorkerAbort when workers.Count > 0:
                var worker = _dice.Pick(workers);
                world.Note(worker.Process.Name, "is told to stop");
                worker.Process.Do(() =>
                {
                    worker.Stop.Cancel();
                    if (action.Kind == ActionKind.WorkerAbort)
                    {
                        world.Calls.Aborted(worker.Process);
                        worker.Abort.Cancel();
                    }
                });
                break;
        }
    }

    private void Kill(SimulatedProcess process)
    {
        world.Note(process.Name, "is killed");
        process.Kill();
    }

    private void Redo()
    {
        var (web, isProduct) = (world.Staff.Web, world.Plan.HasProducts && _dice.Chance(0.4));
        var name = isProduct ? ProductRecords.NameFor(Name, Name.Split('-')[0]) : Name;
        IReadOnlyList<string> all = world.Plan.HasProducts ? isProduct ? ["title", "description"] : ["color"] : ["color", "title", "description"];
        var part = _dice.Chance(0.6) ? new CopyPart([_dice.Pick(all)], []) : null;
        var (asked, epoch) = (world.Loop.Now, _pictures.EpochOf(name));
        world.Note(web.Process.Name, $"redo of {(part is null ? "all" : part.Fields[0])} of '{name}'");
        _ = web.Process.Start(async () =>
        {
            var done = await new Redo(web.Intake).RunAsync(
                new() { Profiles = _ => world.Basis, Names = [name], Part = part, OverEdits = _dice.Chance(0.2), Parallelism = 1 }, CancellationToken.None);
            world.Note(web.Process.Name, $"redo of '{name}': enqueued {done.Enqueued}, in flight {done.InFlight}, errors {done.Errors}");
            if (done.Enqueued + done.InFlight > 0)
            {
                _pictures.Accepted(new(name, part?.Fields ?? all, asked, epoch, done.Enqueued > 0 ? "enqueued" : "in flight"));
            }
        });
    }

    private void Edit(string name)
    {
        var web = world.Staff.Web;
        var by = $"editor {action.Number}";
        _ = web.Process.Start(async () =>
        {
            try
            {
                var epoch = _pictures.EpochOf(name);
                _pictures.Editing(name, by);
                if (await web.Store.ReadAsync(name, CancellationToken.None) is { Record: not null } seen
                    && await web.Store.ReviewAsync(seen, JsonSerializer.SerializeToElement(new { state = "approved", by }), CancellationToken.None) is not null && epoch == _pictures.EpochOf(name))
                {
                    _pictures.Edited(name, by);
                    world.Note(web.Process.Name, $"'{name}' is edited by {by}");
                }
            }
            catch (Exception error)
            {
                CheckExpected(error);
            }
        });
    }

    private void SpoilRecord()
    {
        if (!_pictures.Exists(Name))
        {
            return;
        }

        var (name, record, blobs) = (Name, ImageNames.RecordFor(Name), world.Loop.Store.Blobs);
        blobs.Write(world.Names.ImagesContainer, record, _dice.Chance(0.5) ? "{\"schemaVersion\":1,\"flags\":[null]}"u8.ToArray() : "[]"u8.ToArray());
        _pictures.Overwritten(name);
        var until = world.Loop.Now + _dice.Between(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(6));
        world.Loop.At(until < SimulatedWorld.Start + world.Plan.Length ? until : SimulatedWorld.Start + world.Plan.Length, () =>
        {
            // a person removes it, unless it is a record by now
            if (blobs.Find(world.Names.ImagesContainer, record) is { } blob && RecordFile.Read(new(blob.Content)).Record is null)
            {
                blobs.Remove(world.Names.ImagesContainer, record);
                _pictures.Overwritten(name);
                world.Note("", $"the bad record of '{name}' is removed");
            }
        });
    }

    private void CheckExpected(Exception error)
    {
        if (!StorageOutage.IsTransient(error, CancellationToken.None) && error is not Azure.RequestFailedException { Status: 403 })
        {
            world.Violate("call-failed", $"{action.Kind}: {error}");
        }
    }
}
