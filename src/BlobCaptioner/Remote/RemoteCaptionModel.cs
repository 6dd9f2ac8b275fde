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
/// be used, or whose texts loop, echo the prompt, have banned words or another script, is asked for once more with what was wrong. Transient failures of the server are
/// waited out. A picture that the server refuses is not sent again.
/// </summary>
/// <remarks>
/// Identity: <see cref="CaptionModelInfo.Hash"/> is <c>MODEL</c> or <c>MODEL@REVISION</c> from the options. The address is left out, so that a server may
/// move, and so is what the server reports about itself (it comes with answers only and changes with each build of the server): that stands in
/// the receipt. Give a new <see cref="RemoteModelOptions.Revision"/> when other weights are served under the same name.
/// </remarks>
public sealed partial class RemoteCaptionModel : ICaptionModel, IAsyncDisposable
{
    private readonly RemoteModelOptions _options;
    private readonly IChatClient _chat;
    private readonly Func<CancellationToken, Task> _check;
    private readonly IDisposable? _owned;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly RemoteCounter _counter;
    private readonly ResiliencePipeline _pipeline;
    private readonly SemaphoreSlim _places;
    private readonly CancellationTokenSource _stopping = new();
    private volatile CaptionSchema? _schema;
    private int _disposed;

    internal RemoteCaptionModel(
        RemoteModelOptions options, IChatClient chat, Func<CancellationToken, Task> check, IDisposable? owned, ILogger logger, TimeProvider time)
    {
        (_options, _chat, _check, _owned, _logger, _time) = (options, chat, check, owned, logger, time);
        _counter = new(options);
        _pipeline = ServerRetry.Create(options, time, CountRetry);
        _places = new(options.Concurrency);
        Info = new(options.Model, options.Revision is { Length: > 0 } revision ? $"{options.Model}@{revision}" : options.Model, "OpenAI-compatible server");
    }

    /// <inheritdoc/>
    public CaptionModelInfo Info { get; }

    /// <inheritdoc/>
    public int Concurrency => _options.Concurrency;

    /// <summary>Connects to a server; makes no request.</summary>
    /// <param name="options">Address, model, sign-in and limits.</param>
    /// <param name="loggerFactory">For failures; null for none.</param>
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

    /// <summary>Counts of requests and tokens so far.</summary>
    public RemoteTotals Totals() => _counter.Read();

    /// <summary>Asks the server for its list of models, which needs the sign-in. Retries as for a picture, within <see cref="RemoteModelOptions.StartTimeout"/>.</summary>
    /// <exception cref="CaptionException">The server can't be used. The remedy says what to do.</exception>
    public async Task CheckAsync(CancellationToken cancellationToken)
    {
        ServerFault? before = null;
        var pipeline = ServerRetry.Create(
            _options,
            _time,
            (fault, delay, attempt) =>
            {
                before = fault;
                CountRetry(fault, delay, attempt);
            },
            _options.StartTimeout);
        try
        {
            await pipeline.ExecuteAsync(async cancel => await _check(cancel), cancellationToken);
        }
        catch (Exception error) when (ServerFault.Of(error, _time.GetUtcNow()) is { } fault)
        {
            throw ServerErrors.OfStart(fault, before, _options);
        }
    }

    /// <inheritdoc/>
    public async Task<Caption> DescribeAsync(CaptionRequest request, CancellationToken cancellationToken)
    {
        CaptionRequest.RequireImages(request);
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
            throw CaptionException.Stopping();
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
        LogRepairing(_logger, name, problem);
        ServerReply second;
        CaptionAnswer better;
        try
        {
            second = await SendAsync(prompt.Repair(first.Text, problem), prompt.Options(repair: true, hotter: answer.Problem is null), name, cancellationToken);
            better = ReadAnswer(second, name, schema);
        }
        catch (CaptionException) when (answer.Problem is null)
        {
            // The first answer is usable and keeps its flags.
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
            // A connection that is closed during a request may throw anything.
            throw new OperationCanceledException(cancellationToken);
        }
        catch (Exception error) when (ServerFault.Of(error, _time.GetUtcNow()) is { IsEndless: false } fault)
        {
            throw ServerErrors.From(fault, picture, _options);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            // The request succeeded, but its body can't be read: no choice in it, invalid JSON, too long.
            LogUnreadable(_logger, error, picture);
            return ServerReply.Unreadable("It held no answer that can be read.");
        }
    }

    private void CountRetry(ServerFault fault, TimeSpan delay, int attempt)
    {
        _counter.AddRetry();
        LogRetrying(_logger, fault.Status, fault.Message, delay.TotalSeconds, attempt, _options.MaxRetries);
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

    // Requests mostly come one profile after the other, so the last schema is kept.
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

    // No log line holds keys, pictures or answers.
    [LoggerMessage(400, LogLevel.Warning, "The model server failed (HTTP {Status}: {Message}); waiting {Seconds:0.0} s, then retry {Attempt} of {MaxRetries}")]
    private static partial void LogRetrying(ILogger logger, int status, string message, double seconds, int attempt, int maxRetries);

    [LoggerMessage(401, LogLevel.Warning, "'{Name}': the model's answer can't be used and is asked for again. {Problem}")]
    private static partial void LogRepairing(ILogger logger, string name, string problem);

    [LoggerMessage(402, LogLevel.Warning, "'{Name}': the server's response can't be read")]
    private static partial void LogUnreadable(ILogger logger, Exception error, string name);

    /// <summary>The result of one picture's requests.</summary>
    private sealed record Exchange(CaptionAnswer Answer, ServerReply? Reply, int Input, int Output, int Repairs);
}
