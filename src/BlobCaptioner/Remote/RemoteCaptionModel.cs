using System.ComponentModel.DataAnnotations;
using BlobCaptioner.Captioning;
using BlobCaptioner.Profiles;
using BlobCaptioner.Validation;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Polly;

namespace BlobCaptioner.Remote;

/// <summary>
/// A model server as <see cref="ICaptionModel"/>: one chat completion a product, for all languages, with the profile as strict JSON schema. An answer that can't
/// be used, or whose texts loop, echo the prompt, have banned words or another script, is asked for once more with what was wrong; the server's own troubles are waited out; a picture that the server refuses is not sent again.
/// </summary>
/// <remarks>
/// Identity: <see cref="CaptionModelInfo.Hash"/> is <c>MODEL</c> or <c>MODEL@REVISION</c> from the options. The address is left out, so that a server may
/// move, and so is what the server reports about itself (it comes with answers only and changes with each build of the server): that stands in
/// the receipt. Give a new <see cref="RemoteModelOptions.Revision"/> when other weights are served under the same name.
/// </remarks>
public sealed class RemoteCaptionModel : ICaptionModel, IAsyncDisposable
{
    private readonly RemoteModelOptions _options;
    private readonly IChatClient _chat;
    private readonly Func<CancellationToken, Task> _check;
    private readonly IDisposable? _owned;
    private readonly TimeProvider _time;
    private readonly RemoteLog _log;
    private readonly RemoteCounter _counter;
    private readonly ResiliencePipeline _pipeline;
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _stopping = new();
    private volatile CaptionSchema? _schema;
    private int _disposed;

    internal RemoteCaptionModel(
        RemoteModelOptions options, IChatClient chat, Func<CancellationToken, Task> check, IDisposable? owned, ILogger logger, TimeProvider time)
    {
        (_options, _chat, _check, _owned, _time) = (options, chat, check, owned, time);
        _log = new(logger);
        _counter = new(options);
        _pipeline = ServerRetry.Create(options, time, (fault, delay, attempt) =>
        {
            _counter.AddRetry();
            _log.Retrying(fault.Status, fault.Message, delay.TotalSeconds, attempt, options.MaxRetries);
        });
        _places = new(options.Concurrency);
        Info = new(options.Model, options.Revision is { Length: > 0 } revision ? $"{options.Model}@{revision}" : options.Model, "OpenAI-compatible server");
    }

    /// <inheritdoc/>
    public CaptionModelInfo Info { get; }

    /// <inheritdoc/>
    public int Concurrency => _options.Concurrency;

    /// <summary>Connects to a server; makes no request.</summary>
    /// <param name="options">Address, model, sign-in and limits.</param>
    /// <param name="loggerFactory">For troubles; null for none.</param>
    /// <param name="timeProvider">For waits and durations; null for the system's.</param>
    /// <exception cref="OptionsValidationException">An option is out of its range.</exception>
    /// <exception cref="ValidationException">The key's variable or file is missing.</exception>
    public static RemoteCaptionModel Create(RemoteModelOptions options, ILoggerFactory? loggerFactory = null, TimeProvider? timeProvider = null)
    {
        new RemoteModelOptionsValidator().Require(options);
        var http = ServerClient.CreateHttp();
        try
        {
            var client = ServerClient.Create(options, http);
            return new(
                options,
                client.GetChatClient(options.Model).AsIChatClient(),
                async cancel => await client.GetOpenAIModelClient().GetModelsAsync(new System.ClientModel.Primitives.RequestOptions { CancellationToken = cancel }),
                http,
                (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<RemoteCaptionModel>(),
                timeProvider ?? TimeProvider.System);
        }
        catch
        {
            http.Dispose();
            throw;
        }
    }

    /// <summary>What was asked of the server so far.</summary>
    public RemoteTotals Totals() => _counter.Read();

    /// <summary>Asks the server for its models: shows that it is there, awake and takes the sign-in. Waits out what may pass, as for a picture.</summary>
    /// <exception cref="CaptionException">It is not; says what to do.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _pipeline.ExecuteAsync(async cancel => await _check(cancel), cancellationToken);
        }
        catch (Exception error) when (ServerFault.Of(error, _time.GetUtcNow()) is { } fault)
        {
            throw ServerErrors.From(fault, "the list of models", _options);
        }
    }

    /// <inheritdoc/>
    public async Task<Caption> DescribeAsync(CaptionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Images.Count is < 1 or > CaptionRequest.MaxImages)
        {
            throw new ArgumentException($"A request has {request.Images.Count} pictures; it takes 1 to {CaptionRequest.MaxImages}.", nameof(request));
        }

        var schema = GetSchema(request);
        using var mine = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        try
        {
            var came = _time.GetTimestamp();
            await _places.WaitAsync(mine.Token);
            try
            {
                return await AskAsync(request, schema, _time.GetElapsedTime(came), mine.Token);
            }
            finally
            {
                _places.Release();
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw ServerErrors.Stopping();
        }
    }

    /// <summary>Gives up what runs, with errors that allow another try.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            await _stopping.CancelAsync();
            _chat.Dispose();
            _owned?.Dispose();
        }
    }

    private async Task<Caption> AskAsync(CaptionRequest request, CaptionSchema schema, TimeSpan queued, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var said = schema.IsAsking ? await ConverseAsync(request, schema, cancellationToken) : new Exchange(CaptionAnswer.Nothing, Reply: null, Input: 0, Output: 0, Repairs: 0);
        _counter.AddDescribed();
        var (fields, flags) = CaptionFields.Create(schema, said.Answer, said.Reply is { } reply ? AnswerTokens.Of(reply) : null);
        var cost = _counter.CostOf(said.Input, said.Output);
        return new()
        {
            Fields = fields,
            Flags = flags,
            Usage = new()
            {
                PromptTokens = said.Input,
                OutputTokens = said.Output,
                SampledTokens = said.Output,
                Queued = queued,
                Decode = _time.GetElapsedTime(began),
                Cost = cost,
                Currency = cost is null ? null : _options.Currency,
                Repairs = said.Repairs,
                ServedBy = said.Reply?.ServedBy,
            },
        };
    }

    /// <summary>Asks, and once more where the answer can't be used or its texts could be better; then the better of both counts.</summary>
    private async Task<Exchange> ConverseAsync(CaptionRequest request, CaptionSchema schema, CancellationToken cancellationToken)
    {
        var name = request.Images[0].Name;
        var prompt = new CaptionPrompt(schema, request, _options);
        var first = await SendAsync(prompt.Messages, prompt.Options(repair: false), name, cancellationToken);
        var answer = ReadAnswer(first, name, schema);
        if (answer is { Problem: null, Faults.Count: 0 })
        {
            return new(answer, first, first.InputTokens, first.OutputTokens, Repairs: 0);
        }

        var problem = answer.Problem ?? string.Join(' ', answer.Faults.Select(f => f.Sentence));
        _counter.AddRepair();
        _log.Repairing(name, problem);
        ServerReply second;
        CaptionAnswer better;
        try
        {
            second = await SendAsync(prompt.Repair(first.Text, problem), prompt.Options(repair: true, hotter: answer.Problem is null), name, cancellationToken);
            better = ReadAnswer(second, name, schema);
        }
        catch (CaptionException) when (answer.Problem is null)
        {
            // A usable answer is there; it keeps its flags.
            return new(answer, first, first.InputTokens, first.OutputTokens, Repairs: 1);
        }

        if (better.Problem is { } still && answer.Problem is not null)
        {
            throw ServerErrors.BadAnswer(name, problem, still);
        }

        var isBetter = better.Problem is null && (answer.Problem is not null || better.Faults.Count <= answer.Faults.Count);
        return new(
            isBetter ? better : answer, isBetter ? second : first, first.InputTokens + second.InputTokens, first.OutputTokens + second.OutputTokens, Repairs: 1);
    }

    private async Task<ServerReply> SendAsync(IList<ChatMessage> messages, ChatOptions options, string picture, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _pipeline.ExecuteAsync(
                async cancel =>
                {
                    _counter.AddRequest();
                    return await _chat.GetResponseAsync(messages, options, cancel);
                },
                cancellationToken);
            var reply = ServerReply.Read(response);
            _counter.Add(reply.InputTokens, reply.OutputTokens);
            return reply;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // whatever a connection throws that is taken away under a request
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception error) when (ServerFault.Of(error, _time.GetUtcNow()) is { } fault)
        {
            throw ServerErrors.From(fault, picture, _options);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The request succeeded, and what came can't be read: no choice in it, no JSON, white space without end.
            _log.Unreadable(error, picture);
            return ServerReply.Unreadable("It held no answer that can be read.");
        }
    }

    private static CaptionAnswer ReadAnswer(ServerReply reply, string picture, CaptionSchema schema)
    {
        if (reply.WasFiltered)
        {
            throw ServerErrors.Filtered(picture, message: "");
        }

        if (reply.Refusal is { } refusal)
        {
            throw ServerErrors.Refused(picture, refusal);
        }

        return reply.Problem is { } problem ? CaptionAnswer.Bad(problem) : CaptionAnswer.Read(reply.Text, reply.WasCutOff, schema);
    }

    // one profile after the other is usual: the last one is kept
    private CaptionSchema GetSchema(CaptionRequest request)
    {
        if (request.Facts.Values.Count > 0)
        {
            return CaptionSchema.Create(request.Profile, request.Facts, _options.LimitsInSchema);
        }

        if (_schema is { } known && ReferenceEquals(known.Profile, request.Profile))
        {
            return known;
        }

        return _schema = CaptionSchema.Create(request.Profile, ProductFacts.None, _options.LimitsInSchema);
    }

    /// <summary>What one picture's requests brought.</summary>
    private sealed record Exchange(CaptionAnswer Answer, ServerReply? Reply, int Input, int Output, int Repairs);
}
